"""`config check|show|schema`, as processes."""

import json
from subprocess import CompletedProcess

from jsonschema import Draft202012Validator

from tests.program import Flow

PRIVATE = "sk-ant-0123456789-of-the-person"


def test_check_says_what_is_fine(flow: Flow) -> None:
    (flow.cwd / "router.config.yaml").write_text("defaults: {agent: tester, timeout: 2m}\n", encoding="utf-8")

    done = flow("config", "check", ANTHROPIC_API_KEY=PRIVATE)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == [
        "fine: project router.config.yaml: 2 settings",
        "fine: environment ANTHROPIC_API_KEY: 1 setting",
    ]


def test_check_names_every_mistake_and_exits_with_3(flow: Flow) -> None:
    text = '{\n  "fallbak": {},\n  "providers": {"onnx": {"threads": true}}\n}'
    (flow.cwd / "router.config.json").write_text(text, encoding="utf-8")

    done = flow("config", "check")

    assert (done.returncode, done.stdout) == (3, "")
    assert "router.config.json:2:3: fallbak: unknown key; did you mean 'fallback'?" in done.stderr
    assert (
        "router.config.json:3:26: providers.onnx.threads: found true, expected a whole number" in done.stderr
    )
    assert "2 mistakes in the configuration" in done.stderr.splitlines()[-1]


def test_check_looks_for_the_models_and_the_agent_that_are_named(flow: Flow) -> None:
    said = {
        "defaults": {"model": "onnx/qwen2.5-codr-0.5b", "agent": "codr"},
        "providers": {"onnx": {"defaultModel": "phi-44"}},
        "routing": {"rules": [{"condition": "private", "provider": "onnx", "model": "smollm"}]},
    }
    (flow.cwd / "router.config.json").write_text(json.dumps(said), encoding="utf-8")

    done = flow("config", "check")

    assert (done.returncode, done.stdout) == (3, "")
    meant = {
        "defaults.model": "onnx/qwen2.5-coder-0.5b",
        "defaults.agent": "'coder'",
        "providers.onnx.defaultModel": "onnx/phi-4",
        "routing.rules[0].model": "onnx/smollm2",
    }
    told = {line.split(": ")[1]: line for line in done.stderr.splitlines()[:-1]}
    assert told.keys() == meant.keys()
    for name, would_do in meant.items():
        assert told[name].startswith("router.config.json:1:")
        assert f"did you mean {would_do}?" in told[name]


def test_check_looks_at_what_each_tier_stands_for(flow: Flow) -> None:
    said = {
        "providers": {
            "onnx": {"models": {"fast": "smollm2-135n", "coding": "phi-4"}, "defaultModel": "fast"},
            "anthropic": {"models": {"balanced": "claude-3-5-sonnet-20241022"}, "defaultModel": "balanced"},
        }
    }
    (flow.cwd / "router.config.json").write_text(json.dumps(said), encoding="utf-8")

    wrong = flow("config", "check")
    del said["providers"]["onnx"]
    (flow.cwd / "router.config.json").write_text(json.dumps(said), encoding="utf-8")
    warned = flow("config", "check")

    assert wrong.returncode == 3
    assert "providers.onnx.models.fast: there is no model 'onnx/smollm2-135n'" in wrong.stderr
    assert "did you mean onnx/smollm2-135m?" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1, "a mistake is named once, where it is made"
    assert warned.returncode == 0
    assert "providers.anthropic.models.balanced: claude-3-5-sonnet-20241022 was retired" in warned.stderr
    assert len(warned.stderr.splitlines()) == 1


def point_at(flow: Flow, path: str) -> CompletedProcess[str]:
    """Check a configuration whose local model is at `path`."""
    said = {"providers": {"onnx": {"modelPath": path}}}
    (flow.cwd / "router.config.json").write_text(json.dumps(said), encoding="utf-8")
    return flow("config", "check")


def test_check_looks_whether_a_model_lies_where_it_is_said_to(flow: Flow) -> None:
    """A catalogue model that is to come may be named by its file; anything else has to be there."""
    broken = flow.cwd / "broken"
    broken.mkdir()
    (broken / "genai_config.json").write_text("{}", encoding="utf-8")
    (flow.cwd / "a.gguf").write_bytes(b"GGUF")
    folder = flow.cwd / "folder"
    (folder / "sub").mkdir(parents=True)
    told = {path: point_at(flow, path) for path in ("gone", "folder", "gone.onnx", "broken", "a.gguf")}
    (folder / "sub/genai_config.json").write_text("{}", encoding="utf-8")

    assert [done.returncode for done in told.values()] == [0, 0, 3, 3, 3]
    place = "providers.onnx.modelPath: "
    assert f"{place}there is no {flow.cwd / 'gone'}, so it stands for no model" in told["gone"].stderr
    assert f"{place}{folder} holds no model" in told["folder"].stderr
    assert "gone.onnx, which does not exist" in told["gone.onnx"].stderr
    assert f"{place}the local model in {broken} cannot be used" in told["broken"].stderr
    assert "a.gguf, which has to be imported first" in told["a.gguf"].stderr
    assert (point_at(flow, "folder").stderr, point_at(flow, "models/phi-4.onnx").stderr) == ("", "")


def test_check_warns_of_a_model_that_is_retired_or_hardly_an_id(flow: Flow) -> None:
    said = {
        "defaults": {"model": "claude-3-5-sonnet-20241022"},
        "providers": {"openrouter": {"defaultModel": "blanced"}},
    }
    (flow.cwd / "router.config.json").write_text(json.dumps(said), encoding="utf-8")

    done = flow("config", "check")

    assert done.returncode == 0
    assert "defaults.model: claude-3-5-sonnet-20241022 was retired on 2025-10-28" in done.stderr
    assert "providers.openrouter.defaultModel: 'blanced' is asked for as the id" in done.stderr
    assert "did you mean openrouter/balanced?" in done.stderr


def test_check_judges_a_named_file_as_a_project_s(flow: Flow) -> None:
    (flow.cwd / "router.config.json").write_text('{"not": "read"}', encoding="utf-8")
    other = flow.cwd / "other.json"
    other.write_text('{"providers": {"anthropic": {"baseURL": "https://evil.example"}}}', encoding="utf-8")

    refused = flow("config", "check", "other.json")
    trusted = flow("config", "check", "--config", "other.json")

    assert refused.returncode == 3
    assert "other.json:1:30: providers.anthropic.baseURL: found 'https://evil.example'" in refused.stderr
    assert (trusted.returncode, "fine: --config other.json: 1 setting" in trusted.stdout) == (0, True)


def test_check_takes_one_file(flow: Flow) -> None:
    assert flow("config", "check", "a.json", "--config", "b.json").returncode == 2
    assert flow("config", "check", "gone.json").returncode == 3


def test_check_warns_about_what_does_not_act_yet(flow: Flow) -> None:
    (flow.cwd / "router.config.json").write_text('{"defaults": {}, "version": 1}', encoding="utf-8")
    (flow.cwd / ".env").write_text("HTTPS_PROXY=http://127.0.0.1:9\n", encoding="utf-8")

    done = flow("config", "check")

    assert done.returncode == 0
    assert done.stderr.startswith("warning: .env:1: HTTPS_PROXY is not taken from a project's .env")
    assert "fine: project router.config.json: 0 settings" in done.stdout


def test_show_prints_each_value_with_its_source_and_no_key(flow: Flow) -> None:
    (flow.cwd / "router.config.json").write_text('{"defaults": {"agent": "tester"}}', encoding="utf-8")

    done = flow("config", "show", "--models-dir", "here", ANTHROPIC_API_KEY=PRIVATE)

    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert "providers.anthropic.apiKey: set (from environment ANTHROPIC_API_KEY)" in lines
    assert "providers.openrouter.apiKey: not set" in lines
    assert "defaults.agent: tester (from project router.config.json)" in lines
    assert "providers.onnx.enabled: true (from shipped)" in lines
    assert f"(models folder): {flow.cwd / 'here'} (from flag)" in lines
    assert PRIVATE not in done.stdout


def test_show_prints_json(flow: Flow) -> None:
    rows = json.loads(flow("config", "show", "--json", OPENROUTER_API_KEY=PRIVATE).stdout)

    assert rows["providers.openrouter.apiKey"] == {"value": "set", "source": "environment OPENROUTER_API_KEY"}
    assert rows["fallback.chain"]["value"] == ["onnx", "openrouter", "anthropic"]
    assert rows["defaults.model"] == {"value": None, "source": "not set"}


def test_show_of_mistakes_is_the_mistakes(flow: Flow) -> None:
    done = flow("config", "show", ANTHROPIC_BASE_URL="http://user:hunter22@example.org")

    assert (done.returncode, done.stdout) == (3, "")
    assert "environment ANTHROPIC_BASE_URL: providers.anthropic.baseURL: found" in done.stderr
    assert "hunter22" not in done.stderr


def test_schema_prints_a_schema_that_takes_a_configuration(flow: Flow) -> None:
    done = flow("config", "schema")

    schema = json.loads(done.stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid({"defaults": {"agent": "coder"}})
    assert not Draft202012Validator(schema).is_valid({"defaults": {"agnet": "coder"}})


def test_a_bad_key_puts_out_its_own_provider_alone(flow: Flow) -> None:
    (flow.cwd / ".env").write_text('OPENROUTER_API_KEY="sk or"\n')
    says = flow.script("says", {"text": "Hello."}, {"finish": "end", "input_tokens": 1, "output_tokens": 1})

    for command in (("agents", "list"), ("models", "list"), ("history", "list")):
        assert flow(*command).returncode == 0, command
    run = flow("-t", "Say hello.", "--no-files", "-m", says, "--no-stdin")
    assert (run.returncode, run.stdout.strip()) == (0, "Hello.")
    assert "warning: .env: OPENROUTER_API_KEY: " in run.stderr

    asked = flow("-t", "Say hello.", "--no-files", "-m", "openrouter/fast", "--no-stdin")
    assert asked.returncode == 3
    assert "OPENROUTER_API_KEY" in asked.stderr.splitlines()[-1]
    assert flow("config", "check").returncode == 3
    assert "openrouter: cannot serve" in flow("doctor", "--provider", "openrouter").stdout
    assert "sk or" not in run.stderr + asked.stderr


def test_a_misspelt_name_in_the_environment_is_told_of(flow: Flow) -> None:
    (flow.cwd / ".env").write_text("AGENTIC_FLOW_MODLE=onnx/default\n")
    done = flow(
        "config", "check", AGENTIC_FLOW_AGNET="coder", AGENTIC_FLOW_XYZ="1", AGENTIC_FLOW_AGENT="coder"
    )
    assert done.returncode == 0
    assert "environment AGENTIC_FLOW_AGNET means nothing; did you mean 'AGENTIC_FLOW_AGENT'?" in done.stderr
    assert ".env: AGENTIC_FLOW_MODLE means nothing; did you mean 'AGENTIC_FLOW_MODEL'?" in done.stderr
    assert "environment AGENTIC_FLOW_XYZ means nothing" in done.stderr
    assert "AGENTIC_FLOW_AGENT means" not in done.stderr
