"""Which paths a model may write to, by their words alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import UnsafeWrite
from agentic_flow.writing.names import judge
from agentic_flow.writing.protected import fold

FULL_WIDTH = 0xFEE0
"""How far from an ASCII character its full-width form is."""

FINE = [
    "a.py", "src/app/[id]/page.tsx", "Makefile", "Dockerfile", ".gitignore", ".dockerignore",
    ".editorconfig", ".env.example", "config/.env.sample", ".github/ISSUE_TEMPLATE/bug.md",
    ".github/dependabot.yml", "docs/\xe9t\xe9.md", "\u6f22\u5b57/\u8aad.txt", "my file.txt", "a.b.c.py",
    "console.py", "auxiliary.py", "com.py", "nullable.ts", "heading.py", "src/head/index.ts", "keys.py",
    "key.pub", "environment.py", "a-b/_c.py", "public.crt", "x~y.txt", "conftest.py", "setup.py",
    "package.json", "git/hooks.py", "workflows/a.yml", "ssh/config.py", "src/credentials/form.tsx",
    "./a.py", "x/./y.py",
    "agents/coder.py", "agents/README.md", "docs/agents/overview.md", "agents.md", "gitlab-ci.yml",
    "tools/a.py", ".github/copilot.md", "claude.md", ".tool-versions", ".bazelversion", ".eslintrc.js",
    ".pylintrc", "tox.ini", "docker-compose.yml", "profile.py", "$route.tsx", "@types/a.d.ts",
]  # fmt: skip

# What the reason says, and the paths it is said of.
BAD: dict[str, list[str]] = {
    "empty": ["", " ", "a//b", "a/"],
    "itself": [".", "./."],
    "absolute": ["/etc/passwd", "//server/share"],
    "leads out": ["../a.py", "a/../../b", "a/..", ".."],
    "drive": ["C:/a.py", "c:a.py"],
    "backslash": ["\\\\server\\share", "a\\b.py", "..\\a.py", "a\\..\\..\\b"],
    "begins with '~'": ["~/.bashrc", "~root/x"],
    "begins with '-'": ["-rf"],
    "control": ["a\x00.py", "a\n.py", "a\x1b[2J.py", "a\x7f", "a\x85b"],
    "invisible": ["a\u202egpj.exe", "a\u200b.py", "\ufeffa.py", "a\u3164.py", "a\ufe0f.py", "a\xad.py"],
    "line separator": ["a\u2028b"],
    "paragraph": ["a\u2029b"],
    "space": ["a\xa0b"],
    "half": ["a\ud800b"],
    "':'": ["a.py:stream", "a.py::$DATA"],
    "'*'": ["a*.py"],
    "'?'": ["a?.py"],
    "'|'": ["a|b"],
    "ends with": ["a.py.", "a.py "],
    "begins or ends": [" a.py", "dir /a.py"],
    "device": ["CON", "nul.txt", "aux", "a/COM1.log", "lpt\xb9.x", "con .txt", "CONIN$"],
    "short name": ["GIT~1/hooks/x", "BASHRC~1", "PROGRA~1.TXT"],
    "too long": ["a" * 256, "\u6f22" * 86, "/".join(["aaaaaaaaa"] * 120), "a/" * 40 + "b"],
    "version control": [".git", ".git/hooks/pre-commit", "sub/.git/config", ".GIT/config", ".Git",
        ".g\u0131t/config", "\uff0egit/config", ".\uff27\uff29\uff34/config", ".gitmodules",
        ".gitconfig", ".hg/hgrc"],
    "repository": ["HEAD", "bare/head"],
    "build server": [".github/workflows/ci.yml", ".GitHub/Workflows/ci.yml",
        "x/.github/workflows/ci.yml", ".github/actions/a/action.yml", ".gitlab-ci.yml", "a/.GitLab-CI.yml",
        ".circleci/config.yml", "Jenkinsfile", "ci/jenkinsfile", ".travis.yml", "azure-pipelines.yml"],
    "agent of the project": ["agents/coder.md", "Agents/Coder.MD", "agents/team/coder.md", "./agents/a.md"],
    "shell": [".bashrc", ".profile", ".zshenv", ".envrc", ".Bashrc", ".ba\u017fhrc",
        ".config/fish/config.fish", ".local/bin/ls", ".config/git/config",
        "Library/LaunchAgents/x.plist", ".bashrc.d/x.sh", ".forward", ".rvmrc"],
    "editor": [".vscode/tasks.json", ".idea/workspace.xml", ".vimrc",
        ".devcontainer/devcontainer.json", ".dir-locals.el", "_vimrc", ".gitpod.yml", ".idx/dev.nix"],
    "opening": ["x.code-workspace", "x.pth", "a.desktop", "a.lnk", "a.library-ms", "a.inetloc", "a.HTA"],
    "agent": [".claude/settings.json", ".mcp.json", ".cursor/rules", ".codex/x", "router.config.json",
        ".agentic-flow/agents/x.md", "AGENTS.md", "docs/CLAUDE.md", ".github/copilot-instructions.md",
        ".github/prompts/a.prompt.md", ".GitHub/Hooks/x.json", ".junie/guidelines.md", ".trae/rules/a.md"],
    "tool": [".npmrc", ".yarnrc.yml", ".husky/pre-commit", ".pre-commit-config.yaml", "lefthook.yml",
        ".cargo/config.toml", ".mvn/jvm.config", "pip.conf",
        "gradle/wrapper/gradle-wrapper.properties", "sitecustomize.py", ".pdbrc", ".ghci", ".iex.exs",
        ".ocamlinit", "a/latexmkrc", "jupyter_server_config.py", "tools/bazel", "mise.local.toml",
        "NuGet.Config", ".m2/settings.xml", ".sbtopts", ".proverc"],
    "installed": ["node_modules/x/index.js", ".venv/bin/python", "__pycache__/a.pyc"],
    "keys": [".env", ".env.local", ".env.production", "a/.ENV", ".envs/prod", ".ssh/authorized_keys",
        "id_rsa", "id_ed25519.pub", "server.pem", "tls.KEY", "a.p12", ".netrc", ".aws/credentials",
        "credentials", ".docker/config.json", "authorized_keys", ".flaskenv", ".rhosts"],
}  # fmt: skip


@pytest.mark.parametrize("path", FINE)
def test_a_file_of_a_project_may_be_written(path: str) -> None:
    assert judge(path) == tuple(part for part in path.split("/") if part != ".")


@pytest.mark.parametrize(
    ("path", "word"),
    [pytest.param(path, word, id=ascii(path)[:40]) for word, paths in BAD.items() for path in paths],
)
def test_a_path_that_leads_elsewhere_is_refused_with_its_reason(path: str, word: str) -> None:
    with pytest.raises(UnsafeWrite) as refusal:
        judge(path)

    assert word in refusal.value.reason
    assert refusal.value.path == path


@pytest.mark.parametrize(
    ("beneath", "path"),
    [
        (("home", "me", ".git", "hooks"), "pre-commit"),
        (("home", "me", "repo", ".github"), "workflows/ci.yml"),
        (("home", "me", ".ssh"), "config.txt"),
    ],
)
def test_the_output_folder_itself_does_not_open_a_protected_place(
    beneath: tuple[str, ...], path: str
) -> None:
    judge(path)

    with pytest.raises(UnsafeWrite):
        judge(path, beneath=beneath)


@pytest.mark.parametrize("inside", [("agents",), ("Agents", "team"), (".claude", "agents")])
def test_no_output_folder_is_a_way_around_the_agents_of_a_project(inside: tuple[str, ...]) -> None:
    assert judge("notes/README.md", inside=inside)
    assert judge("coder.py", inside=inside)
    assert judge("coder.md", inside=("docs", *inside))

    with pytest.raises(UnsafeWrite) as refusal:
        judge("coder.md", inside=inside)
    assert "agent of the project" in refusal.value.reason


@given(st.text(st.characters(exclude_categories=[])))
def test_what_is_let_through_is_a_plain_relative_path(path: str) -> None:
    try:
        parts = judge(path)
    except UnsafeWrite:
        return
    assert parts
    assert not {"", ".", ".."} & set(parts)
    assert not any(sign in part for part in parts for sign in "/\\:\0")
    assert not {unicodedata.category(sign) for part in parts for sign in part} & {
        "Cc",
        "Cf",
        "Cs",
        "Zl",
        "Zp",
    }


@given(st.sampled_from([".git", ".ssh", ".bashrc", ".claude", ".env", "id_rsa"]), st.data())
def test_no_way_of_writing_a_protected_name_gets_through(name: str, data: st.DataObject) -> None:
    """Upper case, full width and look-alikes that a file system folds are the same name."""
    ways = {sign: sorted({sign, sign.upper(), chr(ord(sign) + FULL_WIDTH)}) for sign in name}
    spelled = "".join(data.draw(st.sampled_from(ways[sign])) for sign in name)
    assert fold(spelled) == fold(name)
    with pytest.raises(UnsafeWrite):
        judge(f"a/{spelled}/b.txt" if name not in {".bashrc", "id_rsa"} else spelled)
