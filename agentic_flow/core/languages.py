"""Fence languages and the kinds of file that they may hold. Pure: one table, and what is asked of it."""

from collections.abc import Iterator, Sequence

from agentic_flow.core.words import word_set

# Fence language(s) on the left, the kinds of file they may hold on the right. A kind is an extension, or
# the lower-cased whole name of a file that has none.
_LANGUAGES = """
python py python3 py3 ipython: py pyi pyw pyx pxd pxi
cython: pyx pxd pxi
javascript js node mjs cjs es6 jsx typescript ts tsx: js jsx mjs cjs ts tsx mts cts vue svelte astro
html xhtml html5 htm: html htm xhtml vue svelte astro jinja jinja2 j2 njk hbs ejs erb tmpl tpl php xml svg
vue svelte astro: vue svelte astro
jinja jinja2 django handlebars hbs ejs erb: html htm jinja jinja2 j2 njk hbs ejs erb tmpl tpl txt xml conf
css scss sass less postcss: css scss sass less
json jsonc json5 jsonl ndjson: json jsonc json5 jsonl ndjson webmanifest ipynb lock geojson babelrc \
eslintrc prettierrc
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
cpp c++ cxx cc: cpp cc cxx hpp hh hxx h ino inl ipp tpp cu cuh
cuda: cu cuh
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
fortran f90: f90 f95 f03 f08
pascal delphi: pas dpr lpr
verilog systemverilog: sv svh vh
vhdl: vhd vhdl
ada: adb ads
cobol: cob cbl
tcl: tcl
crystal: cr
coffeescript coffee: coffee
elm: elm
purescript: purs
idris: idr
agda: agda
lean: lean
haxe: hx
vala: vala
gdscript: gd gdshader
openscad: scad
qml: qml
stan: stan
modelica: mo
robotframework robot: robot
twig: twig
liquid: liquid
pug jade: pug jade
haml: haml
slim: slim
stylus: styl
razor cshtml: cshtml razor
jsp: jsp
mustache: mustache
freemarker: ftl
asciidoc adoc: adoc asciidoc
typst: typ
gettext po: po pot
plantuml puml: puml plantuml
graphviz dot: gv
gnuplot: gp gnuplot
prisma: prisma
thrift: thrift
capnp: capnp
flatbuffers fbs: fbs
avro: avsc avdl
smithy: smithy
rego opa: rego
bicep: bicep
jsonnet: jsonnet libsonnet
cue: cue
dhall: dhall
puppet: pp epp
yang: yang
vyper: vy
cairo: cairo
circom: circom
noir: nr
llvm: ll
wat wast: wat wast
antlr antlr4: g4
ebnf bnf: ebnf bnf
cypher: cypher cql
sparql: sparql rq
turtle: ttl
kusto kql: kql
nomad: nomad
meson: meson
ninja: ninja
xaml: xaml
vtt srt: vtt srt
"""

_DATA = word_set("txt csv tsv json jsonl ndjson log xml yaml yml ini dat db sqlite")


def _rows() -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    for row in _LANGUAGES.strip().splitlines():
        languages, _, kinds = row.partition(": ")
        yield languages.split(), kinds.split()


KINDS: dict[str, frozenset[str]] = {
    language: frozenset(kinds) for languages, kinds in _rows() for language in languages
}
KNOWN = frozenset(kind for kinds in KINDS.values() for kind in kinds)


def kind_of(path: str) -> str:
    """Return what `fits` knows a file by: its lower-cased extension, or its name where it has none."""
    name = path.replace("\\", "/").rpartition("/")[2]
    if name.lower().startswith(("dockerfile.", "containerfile.")):
        return "dockerfile"
    return name.rpartition(".")[2].lower()


def is_data(path: str) -> bool:
    """Say whether a file is of a kind that programs write and read as often as people do."""
    return kind_of(path) in _DATA


def fits(language: str, path: str) -> bool:
    """Say whether a fence of this language may hold this file. An unknown language fits its own extension."""
    kinds = KINDS.get(language.lower())
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
    return word.lower() in KINDS
