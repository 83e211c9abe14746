// Keeps one view a place on the page: made at the first message, told of sizes and keys, silent while it is away.

import { applyTheme } from "./theme.js";

const places = new WeakMap(); // by the element that Streamlit gives
const decoder = new window.TextDecoder();

function connect(place, on) {
    if (place.connected !== on) {
        place.connected = on;
        place.observer[on ? "observe" : "unobserve"](place.view.root);
        window[on ? "addEventListener" : "removeEventListener"]("keydown", place.onKey);
    }
}

// Give a message to the view in `parent`, which `make()` makes if there is none; returns the clean-up.
// A view has a `root` and `receive(...message)`. It may have `resize()`, `onKey(event)` for keys pressed anywhere on
// the page, and `leave()`, which ends what goes on by itself.
export function mount(parent, make, ...message) {
    let place = places.get(parent);
    if (!place || !parent.contains(place.view.root)) {
        const view = make();
        const observer = new ResizeObserver(() => view.resize?.());
        place = { view, observer, onKey: (event) => view.onKey?.(event), calls: 0, connected: false };
        parent.append(view.root);
        places.set(parent, place);
    }
    connect(place, true);
    applyTheme(place.view.root);
    place.view.receive(...message);
    place.calls += 1;
    const call = place.calls;
    return () => { // the clean-up of an outdated call may run while the component lives on
        if (call === place.calls) {
            connect(place, false);
            place.view.leave?.();
        }
    };
}

// What Streamlit calls at the first mount and whenever data or theme change: `receive(data, send)`, where
// `send.setStateValue` and `send.setTriggerValue` answer. Data that came as bytes are JSON in UTF-8.
export function component(View) {
    return ({ data, parentElement, ...send }) => {
        const given = ArrayBuffer.isView(data) ? JSON.parse(decoder.decode(data)) : data;
        return mount(parentElement, () => new View(), given, send);
    };
}
