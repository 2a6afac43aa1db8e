"""An answer of the Messages API in pieces, and what asks for it."""

from agentic_flow.core.values import Prompt
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.clocks import Patience
from agentic_flow.providers.wire import Wire
from tests.providers.loopback import Loopback, head
from tests.providers.playback import PROMPT, Pause, Playback, Told, settings, tell, wire_on

START = b'data: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":1}}}\n\n'
HI = b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}\n\n'
THOUGHT = b'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"Hm"}}\n\n'
END = (
    b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n'
    b'data: {"type":"message_stop"}\n\n'
)
WHOLE = (START, HI, END)
PING = b'data: {"type":"ping"}\n\n'
COMMENT = b": keep-alive\n\n"
PATIENCE = Patience(connect=10, first_token=100, silence=50)


def play(*script: bytes | Pause | Exception, timeout: float | None = None) -> tuple[Told, Playback]:
    """Tell what comes of a scripted reply, and of which time passed."""
    network = Playback([head(), *script])
    provider = AnthropicProvider(settings(), wire_on(network, PATIENCE))
    return tell(provider, Prompt(PROMPT.model, PROMPT.messages, timeout=timeout)), network


def at(server: Loopback, patience: Patience | None = None) -> AnthropicProvider:
    return AnthropicProvider(settings(server.url), Wire(patience))
