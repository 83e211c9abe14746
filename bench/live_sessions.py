"""Many visitors at once, without browsers: websocket sessions that open the start page and poll as a browser does."""

import asyncio
import json
from dataclasses import dataclass, field
from time import perf_counter

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

OVER = ("finished", "stopped", "diverged")


@dataclass
class Visit:
    """A session on the start page, and what it saw; answers what the server asks for as Streamlit's own client does."""

    url: str
    timeout: float
    first: float = 0.0  # seconds until the page had been drawn for the first time
    answers: list[float] = field(default_factory=list)  # seconds a poll took
    status: str = ""  # of the run it watched
    iteration: int = 0
    received: int = 0  # bytes
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)  # exceptions on the page
    page_hash: str = ""
    every: dict[str, float] = field(default_factory=dict)  # fragment -> seconds between its polls
    confirmed: WidgetState | None = None  # the component's word that code and frames have arrived

    async def run(self) -> "Visit":
        """Poll until the run that is watched is over, or the time is."""
        started = perf_counter()
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        async with websockets.connect(address, subprotocols=["streamlit"], max_size=None) as self.socket:  # type: ignore[arg-type]
            await self.ask()
            self.first = perf_counter() - started
            while self.every and perf_counter() - started < self.timeout:
                fragment, interval = next(iter(self.every.items()))
                await asyncio.sleep(interval)
                asked = perf_counter()
                await self.ask(fragment)
                self.answers.append(perf_counter() - asked)
        self.seconds = perf_counter() - started
        return self

    async def ask(self, fragment: str = "") -> None:
        """Have the page or a fragment run, and take in everything it sends."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self.page_hash
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        if self.confirmed is not None:
            message.rerun_script.widget_states.widgets.append(self.confirmed)
        await self.socket.send(message.SerializeToString())
        while True:
            received = await self.socket.recv(decode=False)
            self.received += len(received)
            if self.take(ForwardMsg.FromString(received)):
                return

    def take(self, message: ForwardMsg) -> bool:
        """Keep what a message tells; True: the run of the script it belongs to has ended."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page_hash = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self.every.clear()
        elif kind == "auto_rerun":
            self.every[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.faults.append(message.delta.new_element.exception.message)
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "bidi_component":
            component = message.delta.new_element.bidi_component
            data = json.loads(component.bytes)
            self.status, self.iteration = data["status"], data["iteration"]
            received = {"received": [data["version"], data["run"]]}
            self.confirmed = WidgetState(id=component.id, json_value=json.dumps(received))
        return kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN


def visit_all(url: str, count: int, timeout: float, apart: float = 0.1) -> list[Visit]:
    """So many sessions, each coming `apart` seconds after the one before; at most `timeout` seconds a session."""

    async def come(i: int) -> Visit:
        await asyncio.sleep(i * apart)
        return await Visit(url, timeout).run()

    async def everybody() -> list[Visit]:
        return await asyncio.gather(*(come(i) for i in range(count)))

    return asyncio.run(everybody())
