"""Words -> which of them are names of files, and which language a file of that name is written in. Pure.

Knows names only: whether such a file exists, or may be written, is judged elsewhere.
"""

import re
from collections.abc import Collection, Iterator, Sequence


def word_set(table: str) -> frozenset[str]:
    """Read a table of words."""
    return frozenset(table.split())


# Fence language(s) on the left, the kinds of file they may hold on the right. A kind is an extension, or
# the lower-cased whole name of a file that has none.
_LANGUAGES = """
python py python3 py3 ipython: py pyi pyw
javascript js node mjs cjs es6 jsx typescript ts tsx: js jsx mjs cjs ts tsx mts cts vue svelte astro
html xhtml html5 htm: html htm xhtml vue svelte astro jinja jinja2 j2 njk hbs ejs erb tmpl tpl php xml svg
vue svelte astro: vue svelte astro
jinja jinja2 django handlebars hbs ejs erb: html htm jinja jinja2 j2 njk hbs ejs erb tmpl tpl txt xml conf
css scss sass less postcss: css scss sass less
json jsonc json5 jsonl: json jsonc json5 jsonl webmanifest ipynb lock geojson babelrc eslintrc prettierrc
yaml yml: yaml yml
toml: toml lock
ini cfg conf properties editorconfig: ini cfg conf properties editorconfig service flake8 pylintrc
dotenv env: env example sample template
xml svg plist: xml svg plist xsd xsl xslt csproj fsproj vcxproj
markdown md mdx commonmark: md mdx markdown readme changelog contributing
rst restructuredtext: rst
tex latex: tex bib sty
text txt plaintext plain: txt in csv tsv rst license readme notice authors changelog gitignore dockerignore \
procfile requirements codeowners
csv tsv: csv tsv txt
sql sqlite postgresql postgres mysql plpgsql: sql
bash sh shell zsh ksh dash fish shellscript: sh bash zsh ksh fish bats
powershell ps1 pwsh: ps1 psm1 psd1
bat batch cmd dos: bat cmd
c: c h
cpp c++ cxx cc: cpp cc cxx hpp hh hxx h ino
objectivec objc objective-c: m mm h
csharp cs c#: cs csx
fsharp f# fs: fs fsx
vb vbnet: vb
java: java
kotlin kt kts: kt kts
scala: scala sbt
groovy gradle: groovy gradle jenkinsfile
go golang: go
gomod go.mod: mod
rust rs: rs
zig: zig
nim: nim
d: d
swift: swift
dart: dart
ruby rb: rb rake gemspec gemfile rakefile vagrantfile podfile fastfile brewfile
php: php
perl pl: pl pm
lua: lua
r: r rmd
julia jl: jl
elixir ex exs: ex exs
erlang erl: erl hrl
haskell hs: hs
ocaml ml: ml mli
clojure clj: clj cljs cljc edn
lisp commonlisp elisp scheme racket: lisp el scm rkt
solidity sol: sol
assembly asm nasm: asm s
matlab octave: m
graphql gql: graphql gql
proto protobuf: proto
terraform hcl tf: tf tfvars hcl
dockerfile docker: dockerfile containerfile
makefile make mk: makefile gnumakefile mk
cmake: cmake txt
just justfile: justfile
nginx: conf
apache: conf htaccess
nix: nix
bazel starlark bzl: bzl bazel
awk: awk
sed: sed
vim viml: vim
glsl hlsl wgsl: glsl vert frag hlsl wgsl
diff patch: diff patch
gitignore ignore: gitignore dockerignore npmignore prettierignore eslintignore
mermaid: mmd mermaid
feature gherkin cucumber: feature
"""


def _rows() -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    for row in _LANGUAGES.strip().splitlines():
        languages, _, kinds = row.partition(": ")
        yield languages.split(), kinds.split()


_KINDS: dict[str, frozenset[str]] = {
    language: frozenset(kinds) for languages, kinds in _rows() for language in languages
}
_KNOWN = frozenset(kind for kinds in _KINDS.values() for kind in kinds)

_WITHOUT_EXTENSION = word_set("""
Makefile GNUmakefile Dockerfile Containerfile Procfile Jenkinsfile Vagrantfile Gemfile Rakefile
Podfile Fastfile Brewfile Justfile justfile LICENSE LICENCE README CHANGELOG CONTRIBUTING NOTICE
AUTHORS CODEOWNERS Pipfile WORKSPACE
""")

# Words with a dot that are not files: products, and what code calls on an object.
_NOT_FILES = word_set("""
node.js next.js vue.js react.js express.js three.js d3.js nuxt.js angular.js nest.js ember.js
backbone.js alpine.js discord.js asp.net console.log math.log process.env res.json req.json
response.json request.json r.json resp.json self.env
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
a an the this that these your its his her their our in into inside of from to as at on by for with
without and or not is are be was were will would can could should must called named create creates
created write writes written add adds added make makes save saves saved update updates updated
running use uses using import imports importing include edit edits modify modifies change changes
fix fixes delete remove rename move put see check show shows view load loads generate generates
implement implements build builds test tests testing file files filename script module
""")
_MOST_WORDS = 6

_FORBIDDEN = re.compile(r"[\s<>\"'`|?*:;\x00-\x1f\x7f-\x9f]")
_EXTENSION = re.compile(r"[A-Za-z][A-Za-z0-9]{0,14}")
_DOTFILE = re.compile(r"\.[a-z][\w.-]{2,}")
_DOMAINS = ("com", "org", "net", "io", "dev", "ai", "co", "edu", "gov")
_AROUND = "\"'`*<>,;!\u201c\u201d\u2018\u2019"
_LONGEST = 1024
_SPAN = re.compile(
    r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"|(?<!\w)'([^'\n]{1,200})'(?!\w)|\u201c([^\u201c\u201d\n]{1,200})\u201d"
)
_JOINT = "\ue000"
"""Stands for a space inside a name while words are parted: by itself it means nothing."""
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def file_names(words: str) -> tuple[str, ...]:
    """Return the file names that `words` mention, in order, each once: 'calculator.py', 'src/app.ts'."""
    return tuple(
        dict.fromkeys(name for name in bare_words(words) if is_file_name(name) or is_spaced_name(name))
    )


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
        return bool(_DOTFILE.fullmatch(name)) and name[1:] not in (_KNOWN | _OTHER_KINDS) - _DOTFILES
    stem, dot, _ = name.rpartition(".")
    initials = len(name) == len("a.m") and name[-1] not in "ch"
    return bool(dot and stem) and kind_of(name) in _KNOWN and not initials and word.lower() not in _NOT_FILES


def is_spaced_name(text: str) -> bool:
    """Say whether what stands in quotes can only be the name of one file, with spaces in it."""
    *before, last = words = text.split(" ")
    return (
        0 < len(before) < _MOST_WORDS
        and all(words)
        and is_file_name(last)
        and is_file_name("-".join(words))
        and not any(word.startswith("-") or "=" in word or is_file_name(word) for word in before)
        and _NO_NAME.isdisjoint(part.lower() for word in before for part in word.split("/"))
    )


def has_extension(word: str) -> bool:
    """Say whether a word ends like a file's name, of any extension at all."""
    name = word.replace("\\", "/").rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    return bool(stem) and bool(_EXTENSION.fullmatch(extension)) and not _FORBIDDEN.search(word)


def kind_of(path: str) -> str:
    """Return what `fits` knows a file by: its lower-cased extension, or its name where it has none."""
    name = path.replace("\\", "/").rpartition("/")[2]
    if name.lower().startswith(("dockerfile.", "containerfile.")):
        return "dockerfile"
    return name.rpartition(".")[2].lower()


def fits(language: str, path: str) -> bool:
    """Say whether a fence of this language may hold this file. An unknown language fits its own extension."""
    kinds = _KINDS.get(language.lower())
    kind = kind_of(path)
    return kind == language.lower() if kinds is None else kind in kinds


def language_of(path: str) -> str | None:
    """Return the language that a fence with this file is best marked with, None for an unknown kind."""
    kind = kind_of(path)
    rows = [(row[0], kinds) for row, kinds in _rows() if kind in kinds]
    mainly = [language for language, kinds in rows if kinds[0] == kind]
    return next(iter([*mainly, *(language for language, _ in rows)]), None)


def is_language(word: str) -> bool:
    """Say whether a word names a language that fences are marked with."""
    return word.lower() in _KINDS
