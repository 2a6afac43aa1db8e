"""The words that tell what a task is and how hard it is. Tables only: adding up is done elsewhere."""

from collections.abc import Mapping

from agentic_flow.core.profiles import TaskType

Weighed = Mapping[str, float]


def _table(text: str) -> dict[str, float]:
    """Read lines of `weight: word word ...`."""
    rows = (line.partition(":") for line in text.strip().splitlines())
    return {word: float(weight) for weight, _, words in rows for word in words.split()}


KIND_WORDS: Mapping[TaskType, Weighed] = {
    TaskType.CODING: _table("""
        2.0: cuda dashboard compiler kernel
        2.0: code coding codebase program programme programming script function method class module
        2.0: endpoint api rest cli
        3.5: regex regexp
        2.0: app webapp website webpage backend frontend crud component decorator parser
        2.0: server
        2.0: algorithm implementation leetcode library sdk plugin bot snippet pseudocode subroutine macro
        2.0: formula
        1.5: implement implements implementing develop programmer developer software variable loop array
        1.5: dict hashmap
        1.5: json xml yaml csv stack queue tree linked recursion iterator generator async websocket http
        1.5: socket thread
        1.5: string integer int boolean bool null return returns input output args argument parameter
        1.5: parameters object
        1.0: database table query command package install docker kubernetes linux bash terminal git aws
        1.0: azure cloud
        1.0: html css button page form file files folder directory print prints list lists calculator game
        1.0: framework
        0.5: write create build make generate add given user users data server-side web tool
    """),
    TaskType.DEBUGGING: _table("""
        3.0: debug debugging bug bugs traceback stacktrace segfault
        2.5: fix fixes fixing broken crash crashes crashing exception fails failing deadlock deadlocks
        2.5: flaky intermittent intermittently
        1.5: race leak leaks hang hangs regression
        2.0: error errors troubleshoot diagnose wrong
    """),
    TaskType.TESTING: _table("""
        4.0: pytest unittest jest testcase testcases
        3.5: tests testing
        2.0: test coverage mock mocks fixture fixtures tdd
        1.0: unit assertion assertions
    """),
    TaskType.REFACTORING: _table("""
        5.0: refactor refactoring refactored
        3.0: restructure modernise modernize simplify cleanup dedupe deduplicate
        2.5: rename extract-method migrate port
        1.0: clean readable cleaner
    """),
    TaskType.DOCUMENTATION: _table("""
        4.5: docstring docstrings readme changelog documentation
        3.0: document documenting docs comments tutorial
    """),
    TaskType.EXPLANATION: _table("""
        3.0: explain explains explaining explanation understand meaning
        2.0: describe why what's difference differences compare comparison how
        1.0: what mean means work works concept concepts should
    """),
    TaskType.DATA: _table("""
        3.0: sql dataframe pandas dataset spreadsheet excel
        2.0: csv etl aggregate pivot chart plot visualise visualize column columns rows
        1.5: analyse analyze statistics trend trends
    """),
    TaskType.MATH: _table("""
        3.0: theorem prove proof integral derivative equation equations polynomial probability matrix
        3.0: eigenvalue
        2.5: calculate compute solve sum triangle angle algebra calculus geometry integer integers
        2.5: arithmetic divisor
        1.5: average percent percentage total fraction ratio number numbers value many remainder
    """),
    TaskType.WRITING: _table("""
        3.0: essay poem story novel blog article email letter lyrics haiku headline slogan speech song
        3.0: screenplay
        2.0: write draft rewrite rephrase paraphrase proofread paragraph marketing advertisement tweet
        2.0: post sentence
        1.0: tone creative catchy persuasive character story-line title words compose
    """),
    TaskType.EXTRACTION: _table("""
        3.5: extract extraction
        2.5: classify classification identify label categorize categorise entities detect
        1.5: list names dates keywords sentiment
        1.0: find
    """),
    TaskType.SUMMARIZATION: _table("""
        5.0: summarize summarise summary summarization tldr
        2.5: condense shorten gist key-points
    """),
    TaskType.CHAT: _table("""
        3.0: hello hi hey thanks goodbye
        1.0: you your please
    """),
    TaskType.GENERAL: _table("""
        3.0: distributed architecture infrastructure
        2.0: system systems platform roadmap strategy plan planning
        1.0: design
    """),
}

WORDS: dict[str, list[tuple[TaskType, float]]] = {}
"""A word -> the kinds of work it speaks for, and how loudly."""
for _kind, _weights in KIND_WORDS.items():
    for _word, _weight in _weights.items():
        WORDS.setdefault(_word, []).append((_kind, _weight))

HARD: Weighed = _table("""
    .22: jit garbage-collector
    .14: garbage authentication lru
    .34: distributed fault-tolerant consensus raft paxos lock-free architecture architectures linearizable
    .28: complex complicated sophisticated microservices microservice concurrency concurrent scalable
    .28: scalability
    .28: compiler kernel hypervisor multi-tenant sharding replication failover cryptography cryptographic
    .28: byzantine downtime monolith
    .22: kubernetes real-time high-availability end-to-end production-grade enterprise-grade race deadlock
    .22: deadlocks
    .22: multithreaded multithreading parallel np-hard np-complete theorem prove proof asymptotic eventual
    .22: consistency
    .22: optimization optimisation transactional transactions event-sourcing cqrs crdt backpressure
    .22: zero-downtime
    .16: architect scheduler orchestration throughput latency gpu cuda simd interpreter virtual-machine
    .16: differential
    .16: comprehensive thorough rigorous derive integral polynomial eigenvalue complex-valued
    .16: vulnerability security segfault segmentation migrate migrating metering billing saas
    .16: oauth oauth2 parser recursive
    .10: optimize optimise algorithm async asynchronous websocket jwt
    .10: authorization
    .10: database migration migrations cache caching queue pipeline streaming protocol scraper
    .10: framework
    .10: integrate integration refactor legacy performance efficient efficiently memory leak dynamic
    .10: probability equation matrix combinatorics geometry triangle sequence maximum minimum modulo prime
    .06: api rest endpoint endpoints docker deploy thread threads graph tree class classes validation
    .06: tests analyze
""")
EASY: Weighed = _table("""
    .12: hello simple simply trivial basic typo tiny quick easy one-liner beginner
    .08: small short single rename print prints greet
""")

LANGUAGES: Mapping[str, str] = {
    word: line.split()[0]
    for line in """
python py python3 flask django fastapi numpy pandas pytorch tensorflow
javascript js node nodejs node.js react vue jquery express
typescript ts angular tsx
java spring
kotlin
c
c++ cpp
c# csharp .net asp.net
go golang
rust cargo
ruby rails
php laravel
swift swiftui
scala
perl
haskell
lua
r
matlab
sql postgres postgresql mysql sqlite t-sql
html html5
css css3 tailwind bootstrap
bash shell powershell zsh
dart flutter
verilog vhdl
assembly
vba
solidity
""".strip().splitlines()
    for word in line.split()
}
"""A word that names a language, or something that is always written in it -> the language."""

SUFFIXES: Mapping[str, str] = {
    suffix: language
    for language, suffixes in {
        "python": "py pyi ipynb",
        "javascript": "js mjs cjs jsx",
        "typescript": "ts tsx mts",
        "java": "java",
        "kotlin": "kt kts",
        "c": "c h",
        "c++": "cpp cc cxx hpp",
        "c#": "cs",
        "go": "go",
        "rust": "rs",
        "ruby": "rb",
        "php": "php",
        "swift": "swift",
        "scala": "scala",
        "sql": "sql",
        "html": "html htm",
        "css": "css scss",
        "bash": "sh bash",
        "": "json yaml yml toml ini md txt csv xml",
    }.items()
    for suffix in suffixes.split()
}
"""A file's suffix -> the language inside; empty for files that are no code."""
