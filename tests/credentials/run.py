#!/usr/bin/env python3
"""Each way to AWS's credentials, by the real program: a small service for roles, a GitHub runner, a
container's and an instance's metadata stand on loopback; what is published goes to the sandbox. And
Cloudflare's key.

run.py [WORD...]     only the tests whose name holds a WORD"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from trials import Project, Sandbox, Server, answering, check, holds, lacks, main, reply  # noqa: E402

TARGETS = {"lambda": {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
                      "distribution": "E2QWRUHAPOMQZL", "event": "origin-request"}}
ROLE = "arn:aws:iam::123456789012:role/deploy"
LATER = "2099-01-01T00:00:00Z"


def encoded(document):
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


TOKEN = ".".join([
    encoded({"alg": "RS256", "typ": "JWT"}),
    encoded({"iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com",
             "sub": "repo:ada/trial:ref:refs/heads/main", "exp": 4000000000}),
    "signature-which-nobody-looks-at"])


def signature(request, access, secret, service="sts"):
    """The Authorization that a signed request must carry (Signature Version 4)."""
    given = request.headers.get("authorization", "")
    found = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/us-east-1/(\w+)/aws4_request, "
                     r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$", given)
    if not found or found.group(1) != access or found.group(3) != service:
        return False
    day, signed = found.group(2), found.group(4)
    canonical = "\n".join([request.method, "/", "", *(
        f"{name}:{request.headers[name]}" for name in signed.split(";")), "", signed,
        hashlib.sha256(request.body).hexdigest()])
    scope = f"{day}/us-east-1/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for word in (day, "us-east-1", service, "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == found.group(5)


def keys_xml(action, access, secret, token, expires=LATER):
    return (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
            f"<Credentials><AccessKeyId>{access}</AccessKeyId><SecretAccessKey>{secret}"
            f"</SecretAccessKey><SessionToken>{token}</SessionToken><Expiration>{expires}"
            f"</Expiration></Credentials></{action}Result></{action}Response>")


def refusal(status, code, text):
    return reply(status, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
                         f"<Message>{text}</Message></Error><RequestId>1</RequestId>"
                         "</ErrorResponse>")


class Roles:
    """The service for roles. `known`: access key -> (secret, token). Each assumed role gets keys of
    its own, the last one of `last`."""

    def __init__(self, last=None, refuse=None):
        self.known, self.calls, self.problems = {}, [], []
        self.last, self.refuse = last, list(refuse or [])
        self.server = Server(answering(self.answer))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    def answer(self, request):
        form = {name: values[0] for name, values in
                urllib.parse.parse_qs(request.body.decode(), strict_parsing=True).items()}
        self.calls.append(form)
        if self.refuse:
            return self.refuse.pop(0)
        signed = "authorization" in request.headers
        if signed != (form["Action"] == "AssumeRole"):
            self.problems.append(f"{form['Action']} signed: {signed}")
        if signed:
            access = request.headers["authorization"].split("Credential=")[1].split("/")[0]
            secret, token = self.known.get(access, ("", None))
            if not signature(request, access, secret):
                self.problems.append(f"the signature of {access} is wrong")
            if request.headers.get("x-amz-security-token") != token:
                self.problems.append(f"the token of {access} is wrong")
        return reply(200, keys_xml(form["Action"], *self.next_keys(form)))

    def next_keys(self, form):
        if self.last and form["RoleArn"] == ROLE:
            return self.last
        number = len(self.calls)
        made = f"ASIAROLE{number}", f"secret-of-role-{number}", f"token-of-role-{number}"
        self.known[made[0]] = made[1:]
        return made


def rows(project, **env):
    """doctor's rows of the platform, by name."""
    document = project.wait_free("doctor", "--format", "json", **env)
    return {row["name"]: row for row in document["checks"] if row["group"] == "lambda-edge"}


def publishes(project, sandbox, roles=None, **env):
    """A whole publish with what the chain finds. The sandbox knows one pair of keys."""
    variables = {name: value for name, value in sandbox.env.items()
                 if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    if roles:
        variables["AWS_ENDPOINT_URL_STS"] = roles.server.url
    done = project.run("publish", **{**variables, **env})
    check(done.code == 0, done.all)
    if roles:
        check(not roles.problems, roles.problems)
    return done


def own_keys(sandbox):
    """A role's temporary keys that the sandbox accepts."""
    body = urllib.parse.urlencode({
        "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": ROLE,
        "RoleSessionName": "trial", "WebIdentityToken": TOKEN}).encode()
    with urllib.request.urlopen(sandbox.env["AWS_ENDPOINT_URL"] + "/", body) as answer:
        text = answer.read().decode()
    return tuple(re.search(f"<{name}>([^<]+)</{name}>", text).group(1)
                 for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))


def web_identity_token_file():
    with Project(TARGETS, [TOKEN]) as project, Sandbox(project) as sandbox, \
            Roles(last=own_keys(sandbox)) as roles:
        project.secrets += own_keys(sandbox)[1:]
        file = project.write("token", TOKEN + "\n")
        env = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(file), "AWS_ROLE_ARN": ROLE,
               "AWS_ROLE_SESSION_NAME": "mine"}
        done = publishes(project, sandbox, roles, **env)
        holds(done.errors, f"assuming the role '{ROLE}' with the token in "
                           "AWS_WEB_IDENTITY_TOKEN_FILE")
        check(roles.calls[0] == {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15",
                                 "RoleArn": ROLE, "RoleSessionName": "mine",
                                 "WebIdentityToken": TOKEN}, roles.calls)
        found = rows(project, AWS_ENDPOINT_URL_STS=roles.server.url, **env)
        holds(found["AWS_ACCESS_KEY_ID"]["value"], f"from the role '{ROLE}'")
        check(found["expires"] == {"group": "lambda-edge", "name": "expires", "ok": True,
                                   "value": LATER}, found)
        done = project.run("status", AWS_WEB_IDENTITY_TOKEN_FILE=str(file))
        check(done.code == 2, done.all)
        holds(done.errors, "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not")


def github():
    def runner(request):
        if request.headers.get("authorization") != "Bearer runner-token-which-is-secret":
            return reply(401)
        return reply(200, {"count": 1, "value": TOKEN})

    with Project(TARGETS, [TOKEN, "runner-token-which-is-secret"]) as project, \
            Sandbox(project) as sandbox, Roles(last=own_keys(sandbox)) as roles, \
            Server(answering(runner)) as server:
        env = {"GITHUB_ACTIONS": "true", "AWS_ROLE_ARN": ROLE,
               "ACTIONS_ID_TOKEN_REQUEST_URL": server.url + "/token?api-version=2.0",
               "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-token-which-is-secret"}
        publishes(project, sandbox, roles, **env)
        check(server.requests[0].path == "/token?api-version=2.0&audience=sts.amazonaws.com",
              server.requests[0].path)
        check(roles.calls[0]["WebIdentityToken"] == TOKEN, roles.calls)
        wrong = project.run("status", **{**env, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "other"})
        check(wrong.code == 1, wrong.all)
        holds(wrong.errors, "GitHub gives this job no token (HTTP 401)", "id-token: write")
        without = project.run("status", GITHUB_ACTIONS="true", AWS_ROLE_ARN=ROLE)
        check(without.code == 2, without.all)
        holds(without.errors, "this job may not ask GitHub for a token", "id-token: write")


def sandbox_roles():
    """Without our own service in between: the sandbox's has its own mind about who may what."""
    with Project(TARGETS, [TOKEN]) as project, Sandbox(project) as sandbox:
        access, secret = (sandbox.env[name] for name in
                          ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
        project.secrets += [secret]
        file = project.write("token", TOKEN)
        publishes(project, sandbox, AWS_WEB_IDENTITY_TOKEN_FILE=str(file), AWS_ROLE_ARN=ROLE)
        profiles = (f"[base]\naws_access_key_id = {access}\naws_secret_access_key = {secret}\n"
                    "[middle]\nrole_arn = arn:aws:iam::123456789012:role/middle\n"
                    "source_profile = base\n[deploy]\nsource_profile = middle\nrole_arn = ")
        project.write(".aws/credentials", profiles + ROLE + "\n")
        publishes(project, sandbox, AWS_PROFILE="deploy")
        project.write(".aws/credentials", profiles + ROLE.replace("deploy", "untrusted") + "\n")
        done = project.run("status", **{**sandbox.env, "AWS_PROFILE": "deploy",
                                        "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})
        check(done.code == 1, done.all)
        holds(done.errors, "is not authorized to perform: sts:AssumeRole", "trust policy")
        file.write_text("not.a.token")
        done = project.run("status", **{**sandbox.env, "AWS_ACCESS_KEY_ID": None,
                                        "AWS_SECRET_ACCESS_KEY": None, "AWS_ROLE_ARN": ROLE,
                                        "AWS_WEB_IDENTITY_TOKEN_FILE": str(file)})
        check(done.code == 1, done.all)
        holds(done.errors, "not a valid JWT")


def role_chain():
    with Project(TARGETS, ["first-secret"]) as project, Sandbox(project) as sandbox, \
            Roles(last=own_keys(sandbox)) as roles:
        roles.known["AKIAFIRST"] = "first-secret", None
        project.write(".aws/config", f"""[profile deploy]
role_arn = {ROLE}
source_profile = middle
external_id = shared+word
duration_seconds = 3600
role_session_name = me@example
[profile middle]
role_arn = arn:aws:iam::999999999999:role/middle
source_profile = base
""")
        project.write(".aws/credentials",
                      "[base]\naws_access_key_id = AKIAFIRST\naws_secret_access_key = first-secret\n")
        done = publishes(project, sandbox, roles, AWS_PROFILE="deploy")
        lacks(done.all, "secret-of-role-1", "token-of-role-1")
        check(roles.calls == [
            {"Action": "AssumeRole", "Version": "2011-06-15", "RoleSessionName": "edge-deploy",
             "RoleArn": "arn:aws:iam::999999999999:role/middle"},
            {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE,
             "RoleSessionName": "me@example", "DurationSeconds": "3600",
             "ExternalId": "shared+word"}], roles.calls)


def profile_with_web_identity():
    with Project(TARGETS, [TOKEN]) as project, Sandbox(project) as sandbox, \
            Roles(last=own_keys(sandbox)) as roles:
        file = project.write("token", TOKEN)
        project.write(".aws/config",
                      f"[default]\nrole_arn = {ROLE}\nweb_identity_token_file = {file}\n")
        publishes(project, sandbox, roles)
        check(roles.calls[0]["Action"] == "AssumeRoleWithWebIdentity", roles.calls)


def process():
    with Project(TARGETS) as project, Sandbox(project) as sandbox:
        access, secret, session = own_keys(sandbox)
        project.secrets += [secret, session]
        text = ('{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s", "SessionToken": "'
                + session + '", "Expiration": "%s"}')
        program = project.write("keys.sh", f"cat <<'END'\n{text % (access, secret, LATER)}\nEND\n")
        project.write(".aws/config", f"[profile a b]\ncredential_process = sh '{program}'\n")
        publishes(project, sandbox, AWS_PROFILE="a b")
        holds(rows(project, AWS_PROFILE="a b")["AWS_SECRET_ACCESS_KEY"]["value"],
              "from credential_process of the AWS profile 'a b'")
        said = project.run("status", "-v", **{**sandbox.env, "AWS_PROFILE": "a b",
                                              "AWS_ACCESS_KEY_ID": None,
                                              "AWS_SECRET_ACCESS_KEY": None})
        holds(said.errors, "lambda: credentials from credential_process of the AWS profile 'a b', "
                           f"good until {LATER}")
        before = len(sandbox.requests())
        program.write_text(f"cat <<'END'\n{text % (access, secret, '2020-01-01T00:00:00Z')}\nEND\n")
        late = project.run("publish", **{**sandbox.env, "AWS_PROFILE": "a b",
                                         "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})
        check(late.code == 2, late.all)
        holds(late.errors, "expired at 2020-01-01T00:00:00Z", "hint: get new ones")
        check(len(sandbox.requests()) == before, "something was sent with expired credentials")
        holds(rows(project, AWS_PROFILE="a b")["expires"]["value"], ": over")
        program.write_text(f"echo {secret}; yes {secret} | head -c 20000000\n")
        much = project.run("status", AWS_PROFILE="a b")
        check(much.code == 2, much.all)
        holds(much.errors, "is no JSON object")
        program.write_text(f"echo {secret}; echo 'sign in first' >&2; exit 9\n")
        holds(project.run("status", AWS_PROFILE="a b").errors, "ended with status 9: sign in first")


def container():
    def service(request):
        if request.headers.get("authorization") != "container-token-of-mine":
            return reply(401, "no container-token-of-mine here")
        return reply(200, {"AccessKeyId": own[0], "SecretAccessKey": own[1], "Token": own[2],
                           "Expiration": LATER, "RoleArn": ROLE})

    with Project(TARGETS, ["container-token-of-mine"]) as project, Sandbox(project) as sandbox, \
            Server(answering(service)) as server:
        own = own_keys(sandbox)
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/keys?x=1"}
        file = project.write("token", "container-token-of-mine\n")
        publishes(project, sandbox, AWS_CONTAINER_AUTHORIZATION_TOKEN="container-token-of-mine",
                  **env)
        check(server.requests[0].path == "/keys?x=1", server.requests[0].path)
        found = rows(project, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file), **env)
        holds(found["AWS_ACCESS_KEY_ID"]["value"], "from the container's credential service")
        wrong = project.run("status", AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong-token-1", **env)
        check(wrong.code == 1, wrong.all)
        holds(wrong.errors, "HTTP 401")
        for url in ("http://10.1.2.3/", "http://169.254.169.254/", "http://localhost.example/"):
            refused = project.run("status", AWS_CONTAINER_CREDENTIALS_FULL_URI=url)
            check(refused.code == 2, refused.all)
            holds(refused.errors, "http is spoken with this machine only")


class Instance:
    def __init__(self, keys, version_2=True):
        self.keys, self.version_2, self.server = keys, version_2, Server(answering(self.answer))

    def answer(self, request):
        if request.method == "PUT":
            fine = request.path == "/latest/api/token" and self.version_2 and \
                request.headers.get("x-aws-ec2-metadata-token-ttl-seconds")
            return reply(200, "instance-token-of-mine") if fine else reply(405)
        if self.version_2 and \
                request.headers.get("x-aws-ec2-metadata-token") != "instance-token-of-mine":
            return reply(401)
        if request.path.endswith("/security-credentials/"):
            return reply(200, "my-role\n")
        check(request.path.endswith("/security-credentials/my-role"), request.path)
        return reply(200, {"Code": "Success", "AccessKeyId": self.keys[0], "Expiration": LATER,
                           "SecretAccessKey": self.keys[1], "Token": self.keys[2]})


def instance():
    with Project(TARGETS, ["instance-token-of-mine"]) as project, Sandbox(project) as sandbox:
        metadata = Instance(own_keys(sandbox))
        env = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.server.url + "/",
               "AWS_EC2_METADATA_DISABLED": None}
        publishes(project, sandbox, **env)
        check([request.method for request in metadata.server.requests] == ["PUT", "GET", "GET"],
              "other requests than token, role and keys")
        holds(rows(project, **env)["AWS_ACCESS_KEY_ID"]["value"], "from the instance's metadata")
        count = len(metadata.server.requests)
        done = project.run("status", **{**env, "AWS_EC2_METADATA_DISABLED": "TRUE"})
        check(done.code == 2 and len(metadata.server.requests) == count, "asked although disabled")
        old = Instance(own_keys(sandbox), version_2=False)
        done = project.run("status", AWS_EC2_METADATA_DISABLED=None,
                           AWS_EC2_METADATA_SERVICE_ENDPOINT=old.server.url)
        check(done.code == 1, done.all)
        holds(done.errors, "the instance's metadata: HTTP 405")
        check(len(old.server.requests) == 1, "asked without a token")


def sources():
    """credential_source: a role with the machine's own keys."""
    with Project(TARGETS) as project, Sandbox(project) as sandbox, \
            Roles(last=own_keys(sandbox)) as roles:
        metadata = Instance(("ASIAINSTANCE", "instance-secret", "instance-session"))
        roles.known["ASIAINSTANCE"] = "instance-secret", "instance-session"
        project.secrets += ["instance-secret", "instance-session"]
        project.write(".aws/config",
                      f"[default]\nrole_arn={ROLE}\ncredential_source = Ec2InstanceMetadata\n")
        publishes(project, sandbox, roles, AWS_EC2_METADATA_DISABLED=None,
                  AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.server.url)


def refusals():
    """What the service for roles refuses is told with what to do; secrets it says back are not."""
    listed = [
        ([refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")],
         ["lack a permission", "trust policy", "sub"]),
        ([refusal(400, "ExpiredTokenException", "Token expired: current date/time x")],
         ["has expired (ExpiredTokenException)", "get a new token"]),
        ([refusal(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account")],
         ["No OpenIDConnect provider", "identity providers"]),
        ([refusal(400, "ValidationError", f"bad: {TOKEN}")], ["ValidationError", "****"]),
        ([refusal(400, "IDPCommunicationError", "later")] * 4, ["IDPCommunicationError"]),
        ([reply(200, "<a>")], ["cannot assume the role"]),
        ([reply(200, "")], ["cannot assume the role"]),
        ([reply(200, "<a/>")], ["no access key comes from"]),
        ([reply(200, keys_xml("AssumeRoleWithWebIdentity", "A", "S", "T", "never"))],
         ["no time: 'never'"]),
        ([reply(429, "", [("Retry-After", "7200")])], ["7200 s"]),
        ([reply(302, "", [("Location", "http://127.0.0.1:9/")])], ["cannot assume the role"]),
    ]
    with Project(TARGETS, [TOKEN]) as project:
        file = project.write("token", TOKEN)
        for answers, words in listed:
            with Roles(refuse=answers) as roles:
                done = project.run("status", AWS_WEB_IDENTITY_TOKEN_FILE=str(file),
                                   AWS_ROLE_ARN=ROLE, AWS_ENDPOINT_URL_STS=roles.server.url)
                check(done.code == 1, done.all)
                holds(done.errors, *words)
                check(not roles.refuse, f"not asked again: {answers}")


def transient():
    """Once busy, then there: no failure."""
    with Project(TARGETS, [TOKEN]) as project, Sandbox(project) as sandbox, \
            Roles(last=own_keys(sandbox),
                  refuse=[reply(503), refusal(400, "IDPCommunicationError", "later")]) as roles:
        file = project.write("token", TOKEN)
        publishes(project, sandbox, roles, AWS_WEB_IDENTITY_TOKEN_FILE=str(file), AWS_ROLE_ARN=ROLE)


def sandbox_run():
    """--sandbox takes nothing of the real credentials, and asks nobody for them."""
    with Project(TARGETS, [TOKEN]) as project, Roles() as roles:
        file = project.write("token", TOKEN)
        project.write(".aws/config", "[default]\ncredential_process = sh -c 'echo x >ran'\n")
        done = project.run("publish", "--sandbox", AWS_WEB_IDENTITY_TOKEN_FILE=str(file),
                           AWS_ROLE_ARN=ROLE, AWS_ENDPOINT_URL_STS=roles.server.url)
        check(done.code == 0, done.all)
        check(not roles.calls and not (project.work / "ran").exists(), "somebody was asked")


def cloudflare_key():
    """The legacy key goes as its own two headers; a token is used in its place."""
    targets = {"edge": {"platform": "cloudflare", "account_id": "0" * 32,
                        "compatibility_date": "2026-11-01"}}

    def service(request):
        return reply(403, {"success": False, "result": None, "messages": [],
                           "errors": [{"code": 10000, "message": "Authentication error"}]})

    with Project(targets, ["global-key-of-mine", "api-token-of-mine"]) as project, \
            Server(answering(service)) as server:
        env = {"CLOUDFLARE_API_BASE_URL": server.url, "CLOUDFLARE_API_KEY": "global-key-of-mine",
               "CLOUDFLARE_EMAIL": "ada@example.com"}
        check(project.run("status", **env).code == 1, "a refusal is a failure")
        headers = server.requests[0].headers
        check(headers.get("x-auth-key") == "global-key-of-mine" and "authorization" not in headers
              and headers.get("x-auth-email") == "ada@example.com", headers)
        del server.requests[:]
        project.run("status", CLOUDFLARE_API_TOKEN="api-token-of-mine", **env)
        headers = server.requests[0].headers
        check(headers.get("authorization") == "Bearer api-token-of-mine"
              and "x-auth-key" not in headers, headers)
        half = project.run("status", **{**env, "CLOUDFLARE_EMAIL": ""})
        check(half.code == 2, half.all)
        holds(half.errors, "credential CLOUDFLARE_EMAIL is not set")


if __name__ == "__main__":
    main([web_identity_token_file, github, sandbox_roles, role_chain, profile_with_web_identity, process, container,
          instance, sources, refusals, transient, sandbox_run, cloudflare_key])
