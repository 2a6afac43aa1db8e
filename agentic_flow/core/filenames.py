"""Words -> which of them are names of files. Pure.

Knows names only: whether such a file exists, or may be written, is judged elsewhere.
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from agentic_flow.core.languages import KNOWN, kind_of
from agentic_flow.core.patterns import pattern
from agentic_flow.core.words import word_set

_WITHOUT_EXTENSION = word_set("""
Makefile GNUmakefile Dockerfile Containerfile Procfile Jenkinsfile Vagrantfile Gemfile Rakefile
Podfile Fastfile Brewfile Justfile justfile LICENSE LICENCE README CHANGELOG CONTRIBUTING NOTICE
AUTHORS CODEOWNERS Pipfile WORKSPACE Tiltfile Snakefile Earthfile Caddyfile Appfile Guardfile Capfile
Berksfile Thorfile Doxyfile
""")

# Words with a dot that are not files: products, and what code calls on an object.
_NOT_FILES = word_set("""
node.js next.js vue.js react.js express.js three.js d3.js nuxt.js angular.js nest.js ember.js
backbone.js alpine.js discord.js asp.net console.log math.log process.env res.json req.json
response.json request.json r.json resp.json self.env mock.patch mocker.patch
unittest.mock.patch requests.patch axios.patch np.diff numpy.diff
""")

# Kinds that are whole names after a dot (.gitignore), where '.py' alone only speaks of an extension.
_DOTFILES = word_set("""
gitignore dockerignore npmignore prettierignore eslintignore env editorconfig babelrc eslintrc
prettierrc htaccess flake8 pylintrc coveragerc
""")

# `.jpg` alone speaks of a kind of file too, though of no language.
_OTHER_KINDS = word_set("""
jpg jpeg png gif bmp webp ico tif tiff mp3 mp4 wav ogg flac avi mkv mov pdf doc docx xls xlsx ppt pptx
zip gz tar bz2 7z rar exe dll bak tmp log dat db sqlite
""")

# Before a name in quotes they make it a command, or a sentence: `python app.py`, "save it as app.py".
_NO_NAME = word_set("""
python python3 py pip pip3 pipx uv poetry conda node npm npx yarn pnpm bun deno tsc ts-node bash sh
zsh cd ls cat touch mkdir rm cp mv ln chmod chown sudo echo printf export source curl wget git gh
docker docker-compose make cmake gcc g++ cc clang rustc cargo go java javac kotlin kotlinc scala
ruby gem bundle rails php composer perl lua rscript julia dotnet swift sqlite3 psql mysql jq awk sed
grep find xargs tar zip unzip open start code vim vi nano emacs less more head tail tee diff patch
pytest unittest tox nox ruff mypy pyright black flask uvicorn gunicorn streamlit django-admin
jupyter kubectl helm terraform ansible-playbook ssh scp rsync time watch env exec run type notepad
called named create creates created write writes written add adds added make makes save saves saved update
updates updated running use uses using import imports importing include edit edits modify modifies change
changes fix fixes delete remove rename move put see check show shows view load loads generate generates
implement implements build builds test tests testing file files filename script module
""")
# Before a name without quotes they lead up to it; in quotes they may well be of it: `with space.md`.
_LEAD_UP = word_set("""
a an the this that these your its his her their our in into inside of from to as at on by for with
without and or not is are be was were will would can could should must
""")
_MOST_WORDS = 6

_FORBIDDEN = pattern(r"[\s<>\"'`|?*:;\x00-\x1f\x7f-\x9f]")
_EXTENSION = pattern(r"[A-Za-z][A-Za-z0-9]{0,14}")
_DOTFILE = pattern(r"\.[a-z][\w.-]{2,}")
_PATH = pattern(r"[\w.@+-]+(?:/[\w.@+-]+)+")
_DOMAINS = ("com", "org", "net", "io", "dev", "ai", "co", "edu", "gov")
_AROUND = "\"'`*<>,;!\u201c\u201d\u2018\u2019"
_LONGEST = 1024
_SPAN = pattern(
    r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"|(?<!\w)'([^'\n]{1,200})'(?!\w)|\u201c([^\u201c\u201d\n]{1,200})\u201d"
)
_JOINT = "\ue000"
"""Stands for a space inside a name while words are parted: by itself it means nothing."""
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def may_be_agent(name: str) -> bool:
    """Say whether a file of this name in a folder of agents is one: what tells of the others is none."""
    return name.lower().endswith(".md") and name.lower() != "readme.md"


@lru_cache(16)  # each stage of a run asks it of its task
def file_names(words: str) -> tuple[str, ...]:
    """Return the file names that `words` mention, in order, each once: 'calculator.py', 'src/app.ts'."""
    return tuple(
        dict.fromkeys(name for name in bare_words(words) if is_file_name(name) or is_spaced_name(name))
    )


def possible_paths(words: str) -> frozenset[str]:
    """Return what `words` mention that has the form of a path, whether it is one or not: 'scripts/deploy'."""
    return frozenset(name for name in bare_words(words) if is_file_name(name) or may_be_path(name))


def split_words(words: str, known: Collection[str] = ()) -> list[str]:
    """Part words at spaces, but for those inside a file's name: one of `known`, or one in quotes."""
    if _JOINT in words:
        return words.split()
    for name in known:
        if " " in name and name in words:
            alone = rf"(?<![\w./-]){re.escape(name)}(?!\w)"
            words = re.sub(alone, lambda found: found[0].replace(" ", _JOINT), words)
    if " " in words:
        words = _SPAN.sub(_joined, words)
    return [word.replace(_JOINT, " ") for word in words.split()]


def _joined(span: re.Match[str]) -> str:
    inside = next(group for group in span.groups() if group is not None)
    return span[0].replace(" ", _JOINT) if is_spaced_name(inside) else span[0]


def bare_words(words: str, known: Collection[str] = ()) -> Iterator[str]:
    """Yield each word as it would be without quotes, brackets, emphasis and the sentence's punctuation."""
    yield from map(bare_word, split_words(words, known))


def bare_word(word: str) -> str:
    """Return a word as it would be without the signs around it."""
    return _bare(word).removeprefix("./") if len(word) <= _LONGEST else word


def _bare(word: str) -> str:
    before = ""
    while word != before:
        before = word
        word = word.strip(_AROUND).rstrip(".:?")
        if word and _PAIRS.get(word[0]) == word[-1]:
            word = word[1:-1]
        elif word.endswith(tuple(_PAIRS.values())) and not any(opener in word for opener in _PAIRS):
            word = word[:-1]
        elif word[:1] in _PAIRS and _PAIRS[word[0]] not in word:
            word = word[1:]
        word = word.removesuffix("'s").removesuffix("\u2019s")
    return word


def is_file_name(word: str) -> bool:
    """Say whether a word, alone and without any sign around it, can only be the name of a file."""
    parts = word.replace("\\", "/").split("/")
    name = parts[-1]
    if (
        not name
        or _FORBIDDEN.search(word)
        or "//" in word
        or any(part.count("(") != part.count(")") for part in parts)
    ):
        return False
    if len(parts) > 1 and parts[0].rpartition(".")[2].lower() in _DOMAINS and "." in parts[0][1:]:
        return False  # github.com/someone/file.py
    if name in _WITHOUT_EXTENSION:
        return True
    if name.startswith("."):
        return bool(_DOTFILE.fullmatch(name)) and name[1:] not in (KNOWN | _OTHER_KINDS) - _DOTFILES
    stem, dot, _ = name.rpartition(".")
    initials = len(name) == len("a.m") and name[-1] not in "ch"
    return bool(dot and stem) and kind_of(name) in KNOWN and not initials and word.lower() not in _NOT_FILES


def is_spaced_name(text: str, *, quoted: bool = True) -> bool:
    """Say whether what stands in quotes, or alone, can only be the name of one file, with spaces in it."""
    *before, last = words = text.split(" ")
    parts = [part.lower() for word in before for part in word.split("/")]
    barred = _NO_NAME if quoted else _NO_NAME | _LEAD_UP
    return (
        0 < len(before) < _MOST_WORDS
        and all(words)
        and is_file_name(last)
        and is_file_name("-".join(words))
        and not any(word.startswith("-") or "=" in word or is_file_name(word) for word in before)
        and barred.isdisjoint(parts)
    )


def may_be_path(word: str) -> bool:
    """Say whether a word has the form of a path: of any extension, or in a folder and without one.

    Words that only mean something else, `os.path` and `and/or`, have it too: it says no more than that.
    """
    folders, extension = "/" in word, word.rpartition(".")[2].lower()
    return (
        bool(_PATH.fullmatch(word) if folders else has_extension(word))
        and len(word) > len("e.g")
        and extension not in _DOMAINS
        and word.lower() not in _NOT_FILES
        and not {"", ".."} & set(word.split("/"))
    )


def has_extension(word: str) -> bool:
    """Say whether a word ends like a file's name, of any extension at all."""
    name = word.replace("\\", "/").rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    return bool(stem) and bool(_EXTENSION.fullmatch(extension)) and not _FORBIDDEN.search(word)
