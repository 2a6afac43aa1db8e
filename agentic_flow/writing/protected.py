"""The parts of a path -> why that file is not a model's to write. Pure: one table of names.

What is here is read by some tool without being asked, and so can run a command, move a key or change who may
log in: a file that a model should not be able to leave behind in a folder where a person works.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from agentic_flow.core.filenames import may_be_agent


def _names(table: str) -> frozenset[str]:
    return frozenset(table.split())


# Wherever they stand in a path, as a folder or as a file.
_REASONS: dict[str, frozenset[str]] = {
    "it belongs to version control": _names("""
        .git .hg .svn .bzr .jj .sl .pijul _darcs .fossil-settings .gitmodules .gitconfig .hgrc
        .lfsconfig
    """),
    "it holds keys": _names("""
        .ssh .gnupg .aws .azure .gcloud .kube .dockercfg .netrc _netrc .pgpass .my.cnf .pypirc .htpasswd
        .git-credentials authorized_keys known_hosts .terraform.d .password-store .vault-token .flaskenv
        .rbenv-vars .vault_pass .vault-pass.txt .s3cfg .boto .rhosts .shosts .k5login
    """),
    "a shell reads it when it starts": _names("""
        .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile
        .zlogin .zlogout .kshrc .cshrc .tcshrc .login .logout .inputrc .xinitrc .xprofile .xsession
        .xsessionrc .xbindkeysrc .pam_environment config.fish fish_variables .envrc .direnvrc .config
        .local autostart launchagents launchdaemons desktop.ini autorun.inf .oh-my-zsh .oh-my-bash
        .hushlogin profile.ps1 microsoft.powershell_profile.ps1 .bashrc.d .bashrc.local .bash_env
        .zshrc.d .zshrc.local .profile.d .rvmrc .forward .procmailrc .lessfilter
    """),
    "an editor reads it when it starts": _names("""
        .vscode .vscode-server .idea .fleet .zed .vs .nova .sublime .vim .vimrc .gvimrc .nvim .nvimrc
        .nvim.lua .exrc _vimrc _gvimrc _exrc .ycm_extra_conf.py .vimspector.json .emacs .emacs.d
        .dir-locals.el .dir-locals-2.el .spacemacs .devcontainer .devcontainer.json .gitpod.yml .idx
        .codesandbox .lvimrc .kakrc .helix .nanorc
    """),
    "a coding agent reads it when it starts": _names("""
        .claude .claude.json .mcp.json mcp.json .codex .cursor .cursorrules .cursorignore .windsurf
        .windsurfrules .gemini .continue .cline .clinerules .roo .roomodes .kiro .amazonq .opencode
        opencode.json .aider.conf.yml .aider.conf.yaml .aider.model.settings.yml .agentic-flow
        router.config.json router.config.yaml router.config.yml .mcp .junie .augment .augment-guidelines
        .goosehints .crush .crush.json crush.json .openhands .qwen .factory .trae .zencoder .amp .devin
    """),
    "a tool reads it when it starts": _names("""
        .npmrc .yarnrc .yarnrc.yml .yarn .pnpmfile.cjs .pnpmfile.mjs .pnp.cjs .pnp.loader.mjs .husky
        .githooks .git-hooks .pre-commit-config.yaml .pre-commit-config.yml lefthook.yml lefthook.yaml
        lefthook.toml lefthook.json lefthook-local.yml .lefthook.yml .lefthook.yaml .lefthook
        .overcommit.yml .cargo .mvn .gradle gradle-wrapper.properties maven-wrapper.properties .bundle
        .gemrc .irbrc .pryrc .pdbrc .pythonrc .pythonrc.py sitecustomize.py usercustomize.py
        .pydistutils.cfg .pip pip.conf pip.ini .condarc .rprofile .renviron .octaverc .psqlrc .sqliterc
        .gdbinit .lldbinit .curlrc .wgetrc .ackrc .rgrc .ripgreprc .tmux.conf .screenrc .bazelrc
        .buckconfig .terraformrc terraform.rc bunfig.toml .mise.toml .mise.local.toml .mise mise.toml
        mise.local.toml .rtx.toml .ipython .jupyter .sdkmanrc .vagrant.d .ansible.cfg ansible.cfg
        .bazeliskrc .buckconfig.local .m2 .ivy2 .sbt .sbtrc .sbtopts .jvmopts .lein .ghc .ghci .cabal
        .iex.exs .erlang .ocamlinit .julia .juliarc.jl .sage .proverc .latexmkrc latexmkrc .pdbrc.py
        .railsrc .erdconfig .powrc ipython_config.py jupyter_config.py jupyter_config.json
        jupyter_notebook_config.py jupyter_notebook_config.json jupyter_server_config.py
        jupyter_server_config.json jupyter_lab_config.py jupyter_lab_config.json nuget.config
        .simple-git-hooks.json
    """),
    "a build server runs it": _names("""
        .gitlab-ci.yml .gitlab-ci.yaml .circleci .drone.star .drone.jsonnet jenkinsfile .travis.yml
        .travis.yaml azure-pipelines.yml azure-pipelines.yaml .azure-pipelines bitbucket-pipelines.yml
        .drone.yml .drone.yaml .woodpecker .woodpecker.yml .woodpecker.yaml .buildkite appveyor.yml
        .appveyor.yml .cirrus.yml .semaphore cloudbuild.yaml cloudbuild.yml buildspec.yml buildspec.yaml
        .build.yml .builds .teamcity codefresh.yml wercker.yml
    """),
    "it is installed code, which is run without being read": _names("""
        node_modules .venv .tox .nox __pycache__ site-packages .direnv
    """),
}
_REASON = {name: reason for reason, names in _REASONS.items() for name in names}

# The whole name of a file; as the name of a folder it is harmless.
_LAST = {"head": "it would make its folder a repository", "credentials": "it holds keys"}
# What matters only inside a certain folder.
_BELOW: dict[tuple[str, str], str] = {
    (".github", "workflows"): "a build server runs it",
    (".github", "actions"): "a build server runs it",
    (".gitea", "workflows"): "a build server runs it",
    (".gitea", "actions"): "a build server runs it",
    (".forgejo", "workflows"): "a build server runs it",
    (".forgejo", "actions"): "a build server runs it",
    **{
        (".github", name): "a coding agent reads it when it starts"
        for name in _names("copilot-instructions.md instructions prompts agents chatmodes hooks")
    },
    ("tools", "bazel"): "a tool reads it when it starts",
    (".docker", "config.json"): "it holds keys",
}

_AGENTS = (["agents"], [".agentic-flow", "agents"], [".claude", "agents"])
"""A project's own agents lie there, from its root; elsewhere `agents` is a folder like any other."""
_KEY_ENDINGS = (
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".pkcs12",
    ".jks",
    ".keystore",
    ".kdbx",
    ".ppk",
    ".gpg",
    ".pgp",
)
_KEY_BEGINNINGS = ("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519")
_LAUNCHERS = tuple(
    _names("""
        .code-workspace .desktop .lnk .url .website .scf .pif .hta .settingcontent-ms .library-ms .search-ms
        .searchconnector-ms .appref-ms .pth .webloc .inetloc .fileloc .terminal .mobileconfig
    """)
)
_FOR_AGENTS = _names("AGENTS.md AGENT.md CLAUDE.md CLAUDE.local.md GEMINI.md QWEN.md CRUSH.md WARP.md")
"""As they are spelled: a page about agents is `agents.md`."""
_ENVIRONMENT_SAMPLES = ("example", "sample", "template", "dist")
_NEVER_INSIDE = (".git", ".hg", ".svn", ".ssh", ".gnupg")


def why_protected(
    parts: Sequence[str], *, beneath: Sequence[str] = (), inside: Sequence[str] = ()
) -> str | None:
    """Say why a path may not be written, or None.

    `beneath` is the folder it is relative to, in parts, and `inside` is that folder from its project's root.
    """
    folded, above = [fold(part) for part in parts], [fold(part) for part in beneath]
    for name in above:
        if name in _NEVER_INSIDE:
            return f"the output folder lies in {name}"
    if parts[-1] in _FOR_AGENTS:
        return f"a coding agent reads it when it starts ({parts[-1]})"
    for path in (folded, [*map(fold, inside), *folded]):
        if may_be_agent(path[-1]) and any(path[: len(agents)] == agents for agents in _AGENTS):
            return f"it would be an agent of the project ({'/'.join(path)})"
    for name in folded:
        if reason := _REASON.get(name) or _why_by_form(name):
            return f"{reason} ({name})"
    whole = [*above[-1:], *folded]
    for pair in pairwise(whole):
        if reason := _BELOW.get(pair):
            return f"{reason} ({'/'.join(pair)})"
    return _LAST.get(folded[-1])


def fold(name: str) -> str:
    """Write a name as the most forgiving file system compares it: no case, no width, one form of accents."""
    plain = unicodedata.normalize("NFKC", name)
    same = unicodedata.normalize("NFKC", plain.upper().casefold())
    return same.rstrip(". ")


def _why_by_form(name: str) -> str | None:
    if name.startswith(".env"):
        sample = name.removeprefix(".env").lstrip("._-").split(".")
        return None if sample[-1] in _ENVIRONMENT_SAMPLES else "it holds keys"
    if name.endswith(_KEY_ENDINGS) or name.startswith(_KEY_BEGINNINGS):
        return "it holds keys"
    return "opening it starts something" if name.endswith(_LAUNCHERS) else None
