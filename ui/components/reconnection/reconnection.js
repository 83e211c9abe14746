// Asks for the page anew when the browser has found the server again: another server knows nothing of what stands here.

import { html } from "../shared/dom.js";
import { component } from "../shared/mount.js";

const STATE = "data-test-connection-state", FOUND = "CONNECTED";

class Reconnection {
    constructor() {
        this.root = html("div");
        this.app = document.querySelector(`[${STATE}]`);
        this.observer = new window.MutationObserver(([first]) => {
            if (first.oldValue !== FOUND && this.app.getAttribute(STATE) === FOUND) {
                this.send.setTriggerValue("found", true);
            }
        });
    }

    receive(data, send) {
        this.send = send;
        this.observer.observe(this.app, { attributes: true, attributeFilter: [STATE], attributeOldValue: true });
    }

    leave() {
        this.observer.disconnect();
    }
}

export default component(Reconnection);
