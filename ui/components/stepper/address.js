// Keeps the step in the address bar, so that a copied link opens at it, without telling the server.

const SOON = 150; // ms; a browser allows only so many changes a second
const AGAIN = [400, 1500]; // ms after a rerun: Streamlit may write the address anew, without the step

export class Address {
    constructor(name) {
        this.name = name;
        this.timers = [];
    }

    // The step that the link names, counted from 0; null if it names none.
    read() {
        const text = new window.URL(window.location.href).searchParams.get(this.name) ?? "";
        return /^\d{1,6}$/.test(text) && Number(text) > 0 ? Number(text) - 1 : null;
    }

    // Write the step soon, and if the server may write the address too, again after that; the first step has no number.
    keep(step, served = false) {
        this.step = step;
        this.timers.forEach(clearTimeout);
        this.timers = [SOON, ...(served ? AGAIN : [])].map((delay) => setTimeout(() => this.writeNow(), delay));
    }

    writeNow() {
        const url = new window.URL(window.location.href);
        const before = url.search;
        if (this.step) {
            url.searchParams.set(this.name, this.step + 1);
        } else {
            url.searchParams.delete(this.name);
        }
        if (url.search !== before) {
            window.history.replaceState(window.history.state, "", url);
        }
    }

    // Nothing is shown any more: the link need not name a step.
    forget() {
        this.timers.forEach(clearTimeout);
        this.step = null;
        this.writeNow();
    }
}
