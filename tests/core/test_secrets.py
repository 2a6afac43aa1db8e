"""Keys and passwords are known by their form, and what people write in their place is not taken for them."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.secrets import holds_key, without_keys

LETTERS = string.ascii_letters + string.digits
SMALL = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
_dice = random.Random(21)  # noqa: S311  (the same made-up keys in each run)


def drawn(count: int, signs: str = LETTERS) -> str:
    return "".join(_dice.choices(signs, k=count))


# In two halves, so that no scanner of this repository takes them for real ones.
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + drawn(40) + "." + drawn(43)
PEM = "-----BEGIN RSA PRIVATE" + f" KEY-----\n{drawn(64)}\n{drawn(20)}==\n-----END RSA PRIVATE" + " KEY-----"
PGP = PEM.replace("RSA PRIVATE" + " KEY", "PGP PRIVATE" + " KEY BLOCK")
CUT = "-----BEGIN PRIVATE" + f" KEY-----\n{drawn(64)}\n{drawn(64)}"
SECRETS = [
    *("gh" + kind + "_" + drawn(36) for kind in "opsur"),
    "github_pat_" + drawn(22) + "_" + drawn(59),
    "glpat-" + drawn(20),
    "gldt-" + drawn(20),
    "sk-ant-" + "api03-" + drawn(80),
    "sk-or-v1-" + drawn(64, HEX),
    "sk-proj-" + drawn(60),
    "hf_" + drawn(34, string.ascii_letters),
    "AKIA" + drawn(16, string.ascii_uppercase + "234567"),
    "AIza" + drawn(35),
    "GOCSPX-" + drawn(28),
    "ya29.a0" + drawn(60),
    "npm_" + drawn(36),
    "pypi-AgEI" + drawn(90),
    "sk_live_" + drawn(24),
    "sk_test_" + drawn(24),
    "whsec_" + drawn(32),
    "xoxb-" + drawn(12, string.digits) + "-" + drawn(24),
    "xapp-1-" + drawn(60),
    "SG." + drawn(22) + "." + drawn(43),
    "SK" + drawn(32, HEX),
    "gsk_" + drawn(52),
    "xai-" + drawn(80),
    "dop_v1_" + drawn(64, HEX),
    "shpat_" + drawn(32, HEX),
    "dapi" + drawn(32, HEX),
    "dckr_pat_" + drawn(27),
    "hvs." + drawn(90),
    "lin_api_" + drawn(40),
    "ntn_" + drawn(46),
    "ATATT3" + drawn(180),
    "figd_" + drawn(40),
    "NRAK-" + drawn(27, string.ascii_uppercase + string.digits),
    "glsa_" + drawn(32) + "_" + drawn(8, HEX),
    "sbp_" + drawn(40, HEX),
    "rubygems_" + drawn(48, HEX),
    "tskey-auth-" + drawn(17) + "-" + drawn(32),
    drawn(14) + ".atlasv1." + drawn(67),
    drawn(32, HEX) + "-us12",
    "LS0tLS1CRUdJTi" + "BSU0EgUFJJ" + drawn(200),
    "pul-" + drawn(40, HEX),
    "LTAI" + drawn(20),
    "xkeysib-" + drawn(64, HEX) + "-" + drawn(16),
    "newmaker_live_" + drawn(34),
    JWT,
    PEM,
    PGP,
    CUT,
]
NAMED = [
    ("AWS_SECRET_ACCESS_KEY={}", "wJ" + drawn(34) + "/9+q1"),
    ("aws_secret_access_key = {}", "wJ" + drawn(34) + "/9+q1"),
    ("Deploy it with PASSWORD={} tonight", "Tr0ub4dor&3"),
    ("export DB_PASSWORD={}", "kx82!mQz"),
    ("with DB_PASSWORD={}, then tell me", "kT9vLq2x"),
    ('{{"password": "{}"}}', "kT9#vLq2"),
    ('curl -d "{{\\"password\\":\\"{}\\"}}"', "kT9#vLq2"),
    ("password: {}", "kT9vLq2x"),
    ("password = {}", "kT9vLq2x"),
    ("password: {}", "Falcon2019!"),
    ("password: '{}'", "qHnKcwOgXyWt"),
    ("my password is {}, log in", "G7h!kk29"),
    ("The password for the server is {}.", "G7h!kk29"),
    ("machine a.io login me password {}", "kT9vLq2x"),
    ("CREATE USER app WITH PASSWORD '{}'", "kT9vLq2x"),
    ("CREATE USER app IDENTIFIED BY '{}'", "kT9vLq2x"),
    ("<password>{}</password>", "kT9vLq2x"),
    ('<add key="ApiKey" value="{}" />', drawn(32, HEX)),
    ("- name: DB_PASSWORD\r\n  value: {}", "kT9vLq2x"),
    ('variable "db_password" {{\n  type = string\n  default = "{}"\n}}', "kT9vLq2x"),
    ("define('DB_PASSWORD', '{}');", "kT9vLq2x"),
    ('ds.setPassword("{}");', "kT9vLq2x"),
    ('let dbPassword: string = "{}";', "kT9vLq2x"),
    ("Server=db;User Id=sa;Password={};", "kT9vLq2x"),
    ("jdbc:mysql://db/x?user=app&password={}&ssl=true", "kT9vLq2x"),
    ("SMTP_PASS={}", "kT9vLq2x"),
    ("DB_PASSWORD_PROD={}", "kT9vLq2x"),
    ("密码\uff1a{}。", "kT9vLq2x"),
    ("我的密码是{}\uff0c请登录", "kT9vLq2x"),
    ("パスワードは{}です", "kT9vLq2x"),
    ("Пароль: {}", "kT9vLq2x"),
    ("contraseña: {}", "kT9vLq2x"),
    ("mot de passe : {}", "kT9vLq2x"),
    ("client_secret: {}", drawn(18, HEX)),
    ("apiKey: '{}'", drawn(18, SMALL)),
    ("let accessToken = '{}';", drawn(18, SMALL)),
    ("STRIPE_KEY={}", drawn(32)),
    ("linear-key: {}", drawn(32, HEX)),
    ('{{"kty": "OKP", "x": "aB3", "d": "{}"}}', drawn(43)),
    ("AccountName=a;AccountKey={};EndpointSuffix=x", drawn(86) + "=="),
    ("APP_KEY={}", "base64:" + drawn(43) + "="),
    ("secret_key_base: {}", drawn(128, HEX)),
    ("Authorization: Bearer {}", drawn(24, SMALL)),
    ("Authorization: Basic {}", "YWRtaW46a1Q5dkxxMng="),
    ('{{"auths": {{"a.io": {{"auth": "{}"}}}}}}', "YWRtaW46a1Q5dkxxMng="),
    ("curl -u admin:{} https://a.io", "kT9vLq2x"),
    ("docker login -u me -p {} a.io", "kT9vLq2x"),
    ("tool --api-key {} list", drawn(32, HEX)),
    ("postgres://admin:{}@db.internal/prod", "Zx81qpLm"),
    ("postgresql+asyncpg://app:{}@localhost/x", "Zx81qpLm"),
    ("mysql://root:{}@10.0.0.3/x", "correcthorse"),
    ("redis://:{}@cache:6379", "p9Qm2xxKd"),
    ("POST https://{}", "hooks.slack" + f".com/services/T{drawn(8)}/B{drawn(8)}/{drawn(24)}"),
    ("https://{}", "a.blob.core.windows.net/c/f?sp=r&sig=" + drawn(43) + "%3D"),
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
    "token: process.env.UPSTASH_REDIS_TOKEN_2!,",
    "api_key = settings.OPENAI_API_KEY_2",
    "password = get_password(user1)",
    "password = request.form['password1']",
    "password = user.password2",
    "password: @user2.recovery_password)",
    "url.password = this.#internals2.password;",
    "password1 = password2",
    "login(user=u1, password=p4ss1word)",
    "password='password123'",
    'password = "hunter2"',
    "secret: 'supersecret123'",
    'secret = "your-256-bit-secret"',
    "JWT_SECRET=super-secret-jwt-token-with-at-least-32-characters-long",
    "SECRET_KEY = 'django-insecure-" + drawn(50) + "'",
    "config.secret_key = '#{SecureRandom.hex(64)}'",
    'self.modified_token = "#{value1}_modified"',
    "password: string1; token: uint256; secret: [u8; 32]",
    "password: argon2id",
    "password: cGFzc3dvcmQ=",
    "password: at least 8 characters",
    "if (password == password2)",
    "token = sha256_hexdigest",
    "const token = jwt.sign({id: 1}, secret)",
    "let token: Option<u64>",
    "token: 'abc123abc123abc123'",
    "max_tokens=4096 tokenizer: gpt2-xl-base",
    "the 16,000 token `gpt-3.5-turbo-16k` model",
    "secret = secrets.token_hex(32)",
    'token: "https://api.box2.com/oauth2/token",',
    "DATABASE_PASSWORD=/run/secrets/db-password1",
    "proxy_pass http://backend:8000;",
    "Pass `verbosity=1` to get more",
    "bypass = 'kT9vLq2x'",
    f"csrf_token: '{drawn(40)}'",
    f'"next_page_token": "{drawn(40)}", "pageToken": "{drawn(40)}"',
    f"cache_key = '{drawn(40, HEX)}'",
    f"PRIMARY_KEY={drawn(40, HEX)}",
    f'"integrity": "sha512-{drawn(86)}=="',
    "a.py,sha256=sk-" + drawn(40) + ",959",
    "PWD=&T1=&T2=YES&My%20Name=me1",
    "subject_token=street123&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt2",
    "Authorization: Bearer YOUR_TOKEN_HERE_12345",
    "Bearer $TOKEN1",
    "curl -u user:password https://a.io",
    "docker run -u 1000:1000 image",
    "postgres://user:password@localhost/db",
    "postgres://postgres:postgres@localhost:5432/app",
    "mysql://root:whalehello@db:3306/mysql",
    "postgres://${USER}:${PASS1234}@h",
    "mongodb+srv://<user>:<pw>@cluster",
    "postgres://admin:Zx81qpLm@example.com/prod",
    "https://user:p%2Fss9x@artifacts.example.com/a",
    "http://user:p%40ssw0rd@proxy.internal:8080",
    "'user[:passwd]', 'host[:port1]'",
    "array('user', 'pass', 'Basic2|Digest')",
    "TestCase test_TheParserReadsOneLineAfterAnother2Times",
    "https://example.com:8080/path@2x",
    "git@github.com:a/b.git",
    "sk-learn-is-a-nice-library-for-machine",
    "Create POST /login taking {username, password: string} and GET /x1",
]
FORMS_ALONE = [
    "ghp_" + "x" * 36,
    "sk-ant-" + "api03-your-key-goes-here-123456",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "-----BEGIN RSA PRIVATE" + " KEY-----",
    PEM.replace(PEM[32:], "privatekey" * 7 + "\n-----END RSA PRIVATE" + " KEY-----"),
    "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0." + drawn(43),
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "text",
    [
        "Use {}, then 12 more.",
        "KEY={}\r\n",
        'f("{}")',
        "用{}。",
        "a\\n{}",
        "refused:...{} (401)",
        "tool -{} list",
    ],
)
def test_a_key_that_says_what_it_is_is_found_and_taken_out(secret: str, text: str) -> None:
    assert holds_key(text.format(secret))
    assert without_keys(text.format(secret)) == text.format("[key]")


@pytest.mark.parametrize(
    "secret", [SECRETS[0], "sk-" + drawn(48), "npm_" + drawn(36), "rubygems_" + drawn(48, HEX)]
)
def test_a_key_behind_a_backslash_is_found_whether_or_not_it_is_a_sign_of_the_key(secret: str) -> None:
    assert holds_key(f"C:\\{secret}")
    assert secret[2:] not in without_keys(f"C:\\{secret}")


@pytest.mark.parametrize(("text", "secret"), NAMED)
def test_a_value_with_the_name_of_a_secret_is_one_where_it_looks_drawn(text: str, secret: str) -> None:
    assert holds_key(text.format(secret))
    assert without_keys(text.format(secret)) == text.format("[key]")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_stands_for_a_secret_is_none(text: str) -> None:
    assert not holds_key(text)
    assert without_keys(text) == text


@pytest.mark.parametrize("form", FORMS_ALONE)
def test_what_only_shows_a_form_is_no_secret_but_taken_out_all_the_same(form: str) -> None:
    """A task that shows a form may leave; what is kept of a run loses nothing without it."""
    assert not holds_key(f"What is {form} for?")
    assert without_keys(f"What is {form} for?") == "What is [key] for?"


def test_a_secret_stands_where_letters_have_two_in_lower_case() -> None:
    assert without_keys("\u0130\u0130 PASSWORD=kT9vLq2x") == "\u0130\u0130 PASSWORD=[key]"


@pytest.mark.parametrize("secret", [SECRETS[0], PEM, "DB_PASSWORD=kT9vLq2x"])
def test_a_secret_in_the_middle_of_a_long_text_is_found(secret: str) -> None:
    filler = "def read(path):\n    return path.read_text()\n" * 2_000
    assert holds_key(f"{filler}{secret}\n{filler}")


def test_passwords_of_a_fixture_are_made_up_and_its_keys_may_be_real() -> None:
    assert not holds_key("login('bob', password='kT9vLq2x')", fixture=True)
    assert holds_key(f"TOKEN = '{SECRETS[0]}'", fixture=True)
    assert holds_key(f"client_secret = '{drawn(40, HEX)}'", fixture=True)


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


@pytest.mark.parametrize(
    "text",
    [
        "api_key=k3yV4lue9xQ2",
        '"access_token": "Zt7pQ2mX9bL4r"',
        "API_KEY: 'q8Zt7pQ2mX9bL4'\n",
        "password: k9Fido77",
        "db:\n  - db_password: rex1984\n    user: me\n",
        "smtp.password: 12Tiger34\r\nhost: x",
    ],
)
def test_a_short_secret_is_one_where_nothing_else_can_stand(text: str) -> None:
    assert holds_key(text)


@pytest.mark.parametrize(
    "text",
    [
        '"output_token": "Jobs[-1].JobId"',
        "api_key=self.key2value",
        "api_key=get_key(12)",
        "the token k3yV4lue9xQ2 model",
        "interface Login {\n  password: Utf8String2;\n}",
        "def login(password: k9Fido77, user: str)",
        "password: Base64String\nhash: Sha256Hash",
        "password: userName2\n",
        "We need a password: k9Fido77 would do.",
    ],
)
def test_a_short_word_is_none_where_it_may_be_a_variable_or_a_type(text: str) -> None:
    assert not holds_key(text)
