"""The real CIFAR-10, when it is here: the known facts about it, and the course's split of it."""

import numpy as np

from nnlib.data import binary, cifar10, load_cifar10


def raw(folder, name):
    """Labels and images of a file, read in the plainest way."""
    records = np.fromfile(binary.find_source(folder).path / name, np.uint8).reshape(10_000, 3073)
    return records[:, 0], records[:, 1:].reshape(-1, 3, 32, 32)


def test_known_facts(real_cifar10):
    data = cifar10.load(num_training=50_000, num_validation=0, num_test=10_000)
    assert np.array_equal(np.bincount(data.y_train), [5000] * 10)
    assert np.array_equal(np.bincount(data.y_test), [1000] * 10)
    first = [data.class_names[k] for k in data.y_train[:5]]
    assert first == ["frog", "truck", "truck", "deer", "automobile"]
    assert [data.class_names[k] for k in data.y_test[:4]] == ["cat", "ship", "ship", "airplane"]
    means = (data.mean_image if data.mean_image is not None else np.zeros(0)).mean(axis=(1, 2)) / 255
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=5e-4)  # the means everybody normalises with


def test_default_split(real_cifar10):
    data = cifar10.load()
    assert data.X_train.shape == (49_000, 3, 32, 32)
    assert data.X_val.shape == data.X_test.shape == (1000, 3, 32, 32)
    total = sum(raw(real_cifar10, name)[1].sum(axis=0, dtype=np.int64) for name in binary.FILES[:4])
    labels, images = raw(real_cifar10, "data_batch_5.bin")
    mean = (total + images[:9000].sum(axis=0, dtype=np.int64)) / 49_000
    np.testing.assert_allclose(data.X_train[40_000:49_000:7], images[:9000:7] - mean, atol=1e-4)
    np.testing.assert_allclose(data.X_val[:], images[9000:] - mean, atol=1e-4)
    assert np.array_equal(data.y_val, labels[9000:])
    labels, images = raw(real_cifar10, "test_batch.bin")
    np.testing.assert_allclose(data.X_test[:], images[:1000] - mean, atol=1e-4)
    assert np.array_equal(data.y_test, labels[:1000])


def test_course_arrays(real_cifar10):
    data = load_cifar10(num_training=3000, num_validation=500, num_test=100)
    labels, images = raw(real_cifar10, "data_batch_1.bin")
    X = images[:3500].astype(np.float64)
    X -= X[:3000].mean(axis=0)
    assert np.array_equal(data["X_train"], X[:3000])
    assert np.array_equal(data["X_val"], X[3000:])
    assert np.array_equal(data["y_val"], labels[3000:3500])
