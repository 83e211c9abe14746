// Moves through the recorded frames, at a replay's pace, and follows the newest one.

import { clamp, html, set } from "../shared/dom.js";
import { Player } from "../shared/player.js";

const WORDS = {
    first: "First recorded step",
    previous: "Previous recorded step",
    play: "Replay",
    pause: "Pause the replay",
    next: "Next recorded step",
    last: "Last recorded step",
    slider: "Recorded step",
    group: "Recorded steps",
};
const REPLAY_MS = 12000; // a whole replay, between the shortest and the longest time for one frame
const FRAME_MS = [50, 400];

// `go(index)` shows a frame, `follow(on)` is called when the learner turns following on or off.
export class Scrubber extends Player {
    constructor({ go, follow }) {
        const on = { type: "button", "aria-pressed": "true", "data-control": "follow", onclick: () => follow(!this.following) };
        const button = html("button", on, "Follow latest");
        super({ go, pace: () => frameTime(this.count), words: WORDS, name: "scrubber", more: [button] });
        this.followButton = button;
    }

    show(state) {
        super.show(state);
        this.following = state.following;
        set(this.followButton, { "aria-pressed": state.following });
    }
}

function frameTime(count) {
    const [shortest, longest] = FRAME_MS;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    return calm ? longest : clamp(REPLAY_MS / count, shortest, longest);
}
