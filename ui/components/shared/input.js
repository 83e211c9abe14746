// Reads what the learner does with keys and pointer.

// Whether nothing but the key itself was pressed, and nobody has used it yet.
export function isPlain(event) {
    return !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey;
}

// Nobody else takes this event.
export function take(event) {
    event.preventDefault();
    event.stopPropagation();
}

// One of an element that calls `act(event)` where the pointer is pressed on it, and wherever it goes until it is let go.
export function onDrag(act) {
    const press = (event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        act(event);
    };
    return { onpointerdown: press, onpointermove: (event) => event.buttons & 1 && act(event) };
}
