"""A browser's tab without a browser: opens the app's websocket, keeps what it is sent, and answers as a tab does."""

import asyncio
import json
from time import perf_counter
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

PATIENCE = 120.0  # seconds for an answer
VALUES = {  # kind of widget that has a value -> the field of WidgetState that holds it
    "slider": "double_array_value",
    "number_input": "double_value",
    "selectbox": "string_value",
    "radio": "string_value",
    "checkbox": "bool_value",
    "button_group": "string_array_value",
    "multiselect": "string_array_value",
}


class Tab:
    """A session of the app, which begins at a page, "" being the first, or at a link: "page?name=value".

    Attributes:
        page, pages: the hash of the page that is shown, and those of all pages by their names in the address.
        widgets: id -> (kind, what the server says of it) of those on the page, buttons among them.
        every: fragment -> seconds between its polls.
        faults: exceptions on the page.
        status, iteration: of the run that is shown.
        received: bytes.
    """

    def __init__(self, url: str, link: str = ""):
        self._address = url.replace("http", "ws", 1) + "/_stcore/stream"
        self.page, self.pages, self.received = "", dict[str, str](), 0
        self.widgets: dict[str, tuple[str, Any]] = {}
        self.every: dict[str, float] = {}
        self.faults: list[str] = []
        self.status, self.iteration = "", 0
        self._due: dict[str, float] = {}  # fragment -> when it polls next
        self._name, _, query = link.partition("?")
        self._query: dict[str, list[str]] = parse_qs(query)
        self._states: dict[str, WidgetState] = {}
        self._part: dict[str, str] = {}  # widget -> the fragment that draws it
        self._drawn: set[str] = set()  # by the present run, which is of
        self._fragments: list[str] = []  # or, if there are none, of the page

    async def __aenter__(self) -> Self:
        self._socket = await websockets.connect(self._address, subprotocols=["streamlit"], max_size=None)  # type: ignore[arg-type]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    def cut(self) -> None:
        """End the connection as a laptop does that is closed."""
        self._socket.transport.abort()

    async def ask(self, fragment: str = "", poll: bool = False, press: str = "", page: str = "") -> float:
        """Have the page or a fragment run, and take in everything it sends; the seconds that it took.

        poll: not a person wants it, but the page. press: a button's id. page: the hash of another page to go to.
        """
        rerun = (message := BackMsg()).rerun_script
        if page and page != self.page:
            self._query = {}
            self._states = {key: state for key, state in self._states.items() if key not in self.widgets}
        rerun.page_script_hash, rerun.query_string = page or self.page, urlencode(self._query, doseq=True)
        rerun.page_name = "" if rerun.page_script_hash else self._name
        rerun.fragment_id, rerun.is_auto_rerun = fragment, poll
        rerun.widget_states.widgets.extend(self._states.values())
        if press:
            rerun.fragment_id = self._part[press]
            rerun.widget_states.widgets.add(id=press, trigger_value=True)
        began = perf_counter()
        async with asyncio.timeout(PATIENCE):
            await self._socket.send(message.SerializeToString())
            while True:
                data = await self._socket.recv(decode=False)
                self.received += len(data)
                if self._take(ForwardMsg.FromString(data)):
                    return perf_counter() - began

    async def change(self, widget: str, value: Any) -> float:
        """Set a widget's value, as a person does; the seconds that the rerun took."""
        kind, facts = self.widgets[widget]
        self.keep(widget, field(kind, facts), value)
        if facts.query_param_key:
            values = value if isinstance(value, list) else [value]
            self._query[facts.query_param_key] = [str(v).lower() if isinstance(v, bool) else f"{v}" for v in values]
        return await self.ask(self._part[widget])

    async def idle(self, seconds: float) -> list[float]:
        """Do nothing for a while but poll when the page wants it; the seconds that each poll took."""
        end, polls = perf_counter() + seconds, list[float]()
        while (now := perf_counter()) < end:
            fragment = min(self.every, key=lambda one: self._due[one], default="")
            if fragment and self._due[fragment] <= now:
                self._due[fragment] = now + self.every[fragment]
                polls.append(await self.ask(fragment, poll=True))
            else:
                await asyncio.sleep(min(end, self._due[fragment] if fragment else end) - now)
        return polls

    def keep(self, widget: str, place: str, value: Any) -> None:
        """Let the server know this value from now on."""
        self._states[widget] = state = WidgetState(id=widget)
        if place.endswith("array_value"):
            getattr(state, place).data.extend(value)
        elif value is not None:
            setattr(state, place, value)

    def _take(self, message: ForwardMsg) -> bool:
        """Keep what a message tells; True: the run of the script it belongs to has ended."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page, self._drawn = message.new_session.page_script_hash, set()
            self._fragments = list(message.metadata.run.fragment_ids)
            if not self._fragments:
                self.every.clear()
        elif kind == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif kind == "page_info_changed":
            self._query = parse_qs(message.page_info_changed.query_string)
        elif kind == "auto_rerun":
            self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self.every.pop(fragment, None)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._element(message.delta.new_element, message.delta.fragment_id)
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._forget()
            return True
        return False

    def _poll(self, fragment: str, interval: float) -> None:
        if self.every.get(fragment) != interval:
            self.every[fragment], self._due[fragment] = interval, perf_counter() + interval

    def _element(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type") or ""
        facts = getattr(element, kind, None)
        if widget := getattr(facts, "id", ""):
            self._drawn.add(widget)
            self._part[widget] = fragment
        if kind == "exception":
            self.faults.append(f"{element.exception.type}: {element.exception.message}")
        elif kind in VALUES or kind == "button":
            self.widgets[widget] = kind, facts
            if kind in VALUES and (getattr(facts, "set_value", False) or widget not in self._states):
                self.keep(widget, field(kind, facts), shown(kind, facts))
        elif kind == "bidi_component" and "run_view" in element.bidi_component.component_name:
            run = json.loads(element.bidi_component.bytes)
            self.status, self.iteration = run["status"], run["iteration"]
            self.keep(widget, "json_value", json.dumps({"received": [run["version"], run["run"]]}))  # code and frames

    def _forget(self) -> None:
        """What the run that has ended might have drawn, and has not, is gone from the page."""
        for widget in list(self._part):
            if widget not in self._drawn and (not self._fragments or self._part[widget] in self._fragments):
                del self._part[widget]
                self.widgets.pop(widget, None)
                self._states.pop(widget, None)


def field(kind: str, facts: Any) -> str:
    """Of WidgetState: where a widget's value is held."""
    return "string_array_value" if kind == "slider" and facts.options else VALUES[kind]


def shown(kind: str, facts: Any) -> Any:
    """The value with which a widget appears, as its state holds it."""
    if kind in ("slider", "button_group", "multiselect"):
        raw = "raw_value" if kind == "slider" else "raw_values"
        if kind == "slider" and not facts.options:
            return list(facts.value if facts.set_value else facts.default)
        return list(getattr(facts, raw)) if facts.set_value else [words(facts)[int(i)] for i in facts.default]
    if kind in ("selectbox", "radio"):
        if facts.set_value:
            return facts.raw_value if facts.HasField("raw_value") else None
        return facts.options[facts.default] if facts.HasField("default") else None
    name = "value" if facts.set_value else "default"
    return getattr(facts, name) if kind == "checkbox" or facts.HasField(name) else None


def words(facts: Any) -> list[str]:
    """A widget's options; those of a row of buttons come with icons."""
    return [getattr(option, "content", option) for option in facts.options]
