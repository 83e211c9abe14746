// Keeps one view a place on the page: made at the first message, told of sizes and keys, silent while it is away.

import { applyTheme } from "./theme.js";

const views = new WeakMap(); // by the element that Streamlit gives
const decoder = new window.TextDecoder();

// A view has a `root` and `receive(...message)`. It may have `resize()`, `onKey(event)` for keys pressed anywhere on
// the page, and `leave()`, which ends what goes on by itself.
class Place {
    constructor(parent, view) {
        Object.assign(this, { view, calls: 0, connected: false });
        parent.append(view.root);
        this.onKey = (event) => view.onKey(event);
        this.observer = new ResizeObserver(() => view.resize());
    }

    connect() {
        if (!this.connected) {
            this.connected = true;
            if (this.view.resize) {
                this.observer.observe(this.view.root);
            }
            if (this.view.onKey) {
                window.addEventListener("keydown", this.onKey);
            }
        }
    }

    disconnect() {
        this.connected = false;
        this.observer.disconnect();
        window.removeEventListener("keydown", this.onKey);
        this.view.leave?.();
    }
}

// Give a message to the view in `parent`, which `make()` makes if there is none; returns the clean-up.
export function mount(parent, make, ...message) {
    let place = views.get(parent);
    if (!place || !parent.contains(place.view.root)) {
        place = new Place(parent, make());
        views.set(parent, place);
    }
    place.connect();
    applyTheme(place.view.root);
    place.view.receive(...message);
    place.calls += 1;
    const call = place.calls;
    return () => { // the clean-up of an outdated call may run while the component lives on
        if (call === place.calls) {
            place.disconnect();
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
