"""Keys and passwords are known by their form, and what people write in their place is not taken for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.secrets import holds_key, without_keys

# In two halves, so that no scanner of this repository takes them for real ones.
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFU"
PEM = "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEow\n+/9aa=\n-----END RSA PRIVATE" + " KEY-----"
SECRETS = [
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "glpat-" + "a1B2" * 5,
    "sk-ant-" + "api03-abcdefghij0123456789",
    "hf_" + "a1B2" * 9,
    "AKIA" + "IOSFODNN7EXAMPLE",
    "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "npm_" + "a1B2c3" * 6,
    "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "xoxb-" + "1234567890-abcdefghij",
    JWT,
    PEM,
]
NAMED = [
    ("AWS_SECRET_ACCESS_KEY={}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    ("aws_secret_access_key = {}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz9q1"),
    ("Deploy it with PASSWORD={} tonight", "Tr0ub4dor&3"),
    ("export DB_PASSWORD={}", "kx82!mQz"),
    ("with DB_PASSWORD={}, then tell me", "kT9vLq2x"),
    ('{{"password": "{}"}}', "kT9#vLq2"),
    ("password: {}", "kT9vLq2x"),
    ("my password is {}, log in", "G7h!kk29"),
    ("client_secret: {}", "8f3b2c1d9e7a4f60b5"),
    ("apiKey: '{}'", "q8w7e6r5t4y3u2i1o0"),
    ("let accessToken = '{}';", "q8w7e6r5t4y3u2i1o0"),
    ("Authorization: Bearer {}", "8d7f6a5s4d3f2g1h9j8k7l6q"),
    ("postgres://admin:{}@db.internal/prod", "Zx81qpLm"),
    ("mysql://root:{}@10.0.0.3/x", "correcthorse"),
    ("redis://:{}@cache:6379", "p9Qm2xxKd"),
]
HARMLESS = [
    "write a login form with a password field",
    "PASSWORD=changeme",
    "PASSWORD=<your-password-1>",
    "PASSWORD=$PASSWORD1 and PASSWORD=${PASSWORD_12}",
    "PASSWORD=YOUR_PASSWORD_HERE1",
    "PASSWORD=test1234",
    "password: ${{ secrets.DB_PASSWORD1 }}",
    "password = os.environ['DB_PASSWORD_1']",
    "apiKey: process.env.API_KEY_2",
    "api_key = settings.OPENAI_API_KEY_2",
    "password = get_password(user1)",
    "password = request.form['password1']",
    "password = user.password2",
    "password1 = password2",
    "login(user=u1, password=p4ss1word)",
    "password='password123'",
    'password = "hunter2"',
    "secret: 'supersecret123'",
    "password: string1; token: uint256; secret: [u8; 32]",
    "password: argon2id",
    "password: at least 8 characters",
    "if (password == password2)",
    "token = sha256_hexdigest",
    "const token = jwt.sign({id: 1}, secret)",
    "let token: Option<u64>",
    "token: 'abc123abc123abc123'",
    "max_tokens=4096 tokenizer: gpt2-xl-base",
    "secret = secrets.token_hex(32)",
    "Authorization: Bearer YOUR_TOKEN_HERE_12345",
    "Bearer $TOKEN1",
    "postgres://user:password@localhost/db",
    "postgres://postgres:postgres@localhost:5432/app",
    "postgres://${USER}:${PASS1234}@h",
    "mongodb+srv://<user>:<pw>@cluster",
    "postgres://admin:Zx81qpLm@example.com/prod",
    "https://example.com:8080/path@2x",
    "git@github.com:a/b.git",
    "sk-learn-is-a-nice-library-for-machine",
    "Create POST /login taking {username, password: string} and GET /x1",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_that_says_what_it_is_is_found_and_taken_out(secret: str) -> None:
    text = f"Use {secret}, then 12 more."
    assert holds_key(text)
    assert without_keys(text) == "Use [key], then 12 more."


@pytest.mark.parametrize(("text", "secret"), NAMED)
def test_a_value_with_the_name_of_a_secret_is_one_where_it_looks_drawn(text: str, secret: str) -> None:
    assert holds_key(text.format(secret))
    assert without_keys(text.format(secret)) == text.format("[key]")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_stands_for_a_secret_is_none(text: str) -> None:
    assert not holds_key(text)
    assert without_keys(text) == text


def test_a_secret_stands_where_letters_have_two_in_lower_case() -> None:
    assert without_keys("\u0130\u0130 PASSWORD=kT9vLq2x") == "\u0130\u0130 PASSWORD=[key]"


@given(
    st.text(),
    st.sampled_from([*SECRETS, *(f"\n{text.format(secret)}\n" for text, secret in NAMED)]),
    st.text(),
)
def test_text_without_keys_holds_none_and_loses_nothing_else(before: str, secret: str, behind: str) -> None:
    text = f"{before} {secret} {behind}"
    clean = without_keys(text)
    assert holds_key(text)
    assert without_keys(clean) == clean
    if not (holds_key(before) or holds_key(behind)):
        assert clean.startswith(before)
        assert clean.endswith(behind)
