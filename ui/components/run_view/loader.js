// Loads the view, which comes with the first message only: Streamlit sends a component's own code with every poll,
// so that must be short.

const decoder = new window.TextDecoder();
let loading = null; // {version, css, view: a promise of the view's module}

// Streamlit calls this at the first mount and whenever data or theme change; `data` is JSON in UTF-8.
export default async function render({ data, parentElement, setStateValue }) {
    const { version, received, code, css, ...message } = JSON.parse(decoder.decode(data));
    if (code && loading?.version !== version) {
        const url = window.URL.createObjectURL(new window.Blob([code], { type: "text/javascript" }));
        loading = { version, css, view: import(url) };
    }
    if (loading?.version !== version) {
        setStateValue("received", null); // the server believes that the code is here
        return undefined;
    }
    const polled = message.status === "running" || message.status === "queued";
    if (polled && (received?.[0] !== version || received[1] !== message.run)) {
        setStateValue("received", [version, message.run]); // costs one rerun, saves the code and old frames in all others
    }
    const { show } = await loading.view;
    return show(parentElement, message, loading.css); // the page may have moved the view, which then begins anew
}
