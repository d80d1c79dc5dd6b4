"""Nobody but the right server, and nobody who listens: verification, proxies, redirects."""
import base64
import pathlib

from trials import Project, Server, answering, authority, check, holds, proxy, reply

TOKEN = "fastly-token-which-is-secret"
FAST = {"fast": {"platform": "fastly", "service_id": "SU1Z0isxPaozGVKXdv0eY0",
                 "domains": ["trial.edgecompute.app"]}}
ALL = {"edge": {"platform": "cloudflare", "account_id": "0" * 32,
                "compatibility_date": "2026-11-01"}, **FAST,
       "lambda": {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
                  "distribution": "E2QWRUHAPOMQZL", "event": "origin-request"}}
KEYS = {"CLOUDFLARE_API_TOKEN": "cloudflare-token-which-is-secret", "FASTLY_API_TOKEN": TOKEN,
        "AWS_ACCESS_KEY_ID": "AKIATRIAL", "AWS_SECRET_ACCESS_KEY": "aws-secret-which-is-secret",
        "AWS_SESSION_TOKEN": "aws-session-token-which-is-secret"}
SECRETS = [value for name, value in KEYS.items() if name != "AWS_ACCESS_KEY_ID"]
# Whatever switches verification off elsewhere.
LENIENT = {"CURL_INSECURE": "1", "CURL_HOME": "HOME", "NODE_TLS_REJECT_UNAUTHORIZED": "0",
           "GIT_SSL_NO_VERIFY": "true", "PYTHONHTTPSVERIFY": "0", "SSL_VERIFY": "0",
           "SSL_NO_VERIFY": "1", "HTTPLIB2_CA_CERTS": "", "REQUESTS_CA_BUNDLE": "",
           "AWS_VERIFY_SSL": "false", "AWS_NO_VERIFY_SSL": "1", "NO_VERIFY": "1", "INSECURE": "1",
           "FASTLY_INSECURE": "1", "EDGE_DEPLOY_INSECURE": "1", "CURL_CA_BUNDLE": "",
           "SSL_CERT_FILE": "", "OPENSSL_CONF": "HOME/openssl.cnf"}
OPENSSL_CONF = """openssl_conf = a
[a]
ssl_conf = b
[b]
system_default = c
[c]
VerifyMode = Request
CipherString = ALL:@SECLEVEL=0
MinProtocol = None
"""


def refuse_all(_):
    return reply(401, {"msg": "Provided credentials are missing or invalid"})


def lenient(project):
    project.write(".curlrc", "insecure\n")
    project.write("_curlrc", "insecure\n")
    project.write(".wgetrc", "check_certificate = off\n")
    project.write(".netrc", "machine fastly.test login netrc-user password netrc-password-1\n"
                            "machine 127.0.0.1 login netrc-user password netrc-password-1\n")
    project.write("openssl.cnf", OPENSSL_CONF)
    return {name: value.replace("HOME", str(project.home)) for name, value in LENIENT.items()}


def verification():
    """No variable and no file makes us talk to a server that nobody vouches for."""
    with Project(FAST, [TOKEN]) as project:
        _, context = authority(project.folder / "ca", ["fastly.test", "127.0.0.1"])
        switches = lenient(project)
        with Server(answering(refuse_all), context) as server, \
                Server(proxy(server.port)) as middle:
            through = {"HTTPS_PROXY": middle.url, "FASTLY_API_TOKEN": TOKEN,
                       "FASTLY_API_ENDPOINT": "https://fastly.test"}
            direct = {"FASTLY_API_TOKEN": TOKEN,
                      "FASTLY_API_ENDPOINT": f"https://127.0.0.1:{server.port}"}
            for way in (through, direct):
                for name in [None, *switches]:
                    extra = {name: switches[name]} if name else switches
                    done = project.run("status", **{**extra, **way})
                    check(done.code == 1, f"{name}: exit {done.code}\n{done.all}")
                    holds(done.errors, "certificate", "hint: ")
            check(not server.requests, "a request arrived at a server nobody vouches for")


def authorities():
    """A company's own authority, named in either variable; the name must still fit, the time too."""
    with Project(FAST, [TOKEN]) as project:
        file, context = authority(project.folder / "ca", ["fastly.test", "127.0.0.1"])
        with Server(answering(refuse_all), context) as server:
            env = {"FASTLY_API_TOKEN": TOKEN,
                   "FASTLY_API_ENDPOINT": f"https://127.0.0.1:{server.port}"}
            for name in ("SSL_CERT_FILE", "CURL_CA_BUNDLE"):
                del server.requests[:]
                done = project.run("status", **env, **{name: str(file)})
                check(done.code == 1 and server.requests, done.all)
                check(server.requests[0].headers["fastly-key"] == TOKEN, "the token is not there")
            del server.requests[:]
            wrong = {**env, "FASTLY_API_ENDPOINT": f"https://localhost:{server.port}"}
            done = project.run("status", **wrong, SSL_CERT_FILE=str(file))
            check(done.code == 1 and not server.requests, done.all)
            holds(done.errors, "certificate")
            done = project.run("status", **env, SSL_CERT_FILE=str(project.home / "none.pem"))
            check(done.code == 1 and not server.requests, done.all)
            done = project.run("status", **env,
                               SSL_CERT_FILE=str(project.write("empty.pem", "no certificate\n")))
            check(done.code == 1 and not server.requests, done.all)
            holds(done.errors, "hint: check the file that")


def old_protocol():
    """A server that speaks nothing newer than TLS 1.1 hears nothing."""
    import ssl
    import warnings
    warnings.simplefilter("ignore")
    with Project(FAST, [TOKEN]) as project:
        file, context = authority(project.folder / "ca", ["127.0.0.1"])
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with Server(answering(refuse_all), context) as server:
            done = project.run("status", **{
                **lenient(project), "SSL_CERT_FILE": str(file), "FASTLY_API_TOKEN": TOKEN,
                "FASTLY_API_ENDPOINT": f"https://127.0.0.1:{server.port}"})
            check(done.code == 1 and not server.requests, done.all)


def proxies():
    """HTTPS_PROXY as curl takes it: a tunnel whose ends talk TLS; its password is a secret too."""
    with Project(FAST, [TOKEN, "proxy-password-1"]) as project:
        file, context = authority(project.folder / "ca", ["fastly.test"])
        user = "Basic " + base64.b64encode(b"ada:proxy-password-1").decode()
        with Server(answering(refuse_all), context) as server, \
                Server(proxy(server.port, user)) as middle:
            env = {"FASTLY_API_TOKEN": TOKEN, "FASTLY_API_ENDPOINT": "https://fastly.test",
                   "SSL_CERT_FILE": str(file)}
            with_user = middle.url.replace("//", "//ada:proxy-password-1@")
            for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
                del server.requests[:]
                done = project.run("status", **env, **{name: with_user})
                check(done.code == 1 and server.requests, f"{name}: {done.all}")
                check(server.requests[0].headers["fastly-key"] == TOKEN, "the token is not there")
                check("proxy-authorization" not in server.requests[0].headers,
                      "the proxy's password reached the server")
            for request in middle.requests:
                check(request.method == "CONNECT" and TOKEN.encode() not in request.raw,
                      "the proxy saw more than where to")
            del server.requests[:], middle.requests[:]
            wrong = middle.url.replace("//", "//ada:proxy-password-12@")
            done = project.run("status", **env, HTTPS_PROXY=wrong)
            check(done.code == 1 and not server.requests, done.all)
            holds(done.errors, "407", "hint: write the proxy as")
            del middle.requests[:]
            for name, value in (("NO_PROXY", "fastly.test"), ("no_proxy", ".test")):
                done = project.run("status", **env, HTTPS_PROXY=with_user, **{name: value})
                check(done.code == 1 and not middle.requests, f"{name}: {done.all}")
            # HTTP_PROXY is what a web server sets from a request's header: not taken.
            done = project.run("status", **env, HTTP_PROXY=with_user)
            check(done.code == 1 and not middle.requests, done.all)


def no_proxy_here():
    """This machine is never asked through a proxy, nor is its metadata."""
    with Project(FAST, [TOKEN]) as project, Server(proxy(9)) as middle, \
            Server(answering(refuse_all)) as server:
        done = project.run("status", FASTLY_API_TOKEN=TOKEN, FASTLY_API_ENDPOINT=server.url,
                           HTTPS_PROXY=middle.url, HTTP_PROXY=middle.url, http_proxy=middle.url,
                           ALL_PROXY=middle.url)
        check(done.code == 1 and server.requests and not middle.requests, done.all)
    targets = {"lambda": ALL["lambda"]}
    with Project(targets) as project, Server(proxy(9)) as middle:
        project.run("status", AWS_EC2_METADATA_DISABLED=None, HTTPS_PROXY=middle.url,
                    http_proxy=middle.url, ALL_PROXY=middle.url)
        project.run("status", AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x", HTTPS_PROXY=middle.url,
                    http_proxy=middle.url, ALL_PROXY=middle.url, EDGE_DEPLOY_IDLE_MS="300")
        check(not middle.requests, "a proxy was asked for metadata")


def lying_proxy():
    """A proxy that answers in the server's place, over TLS of its own or without, gets no token."""
    with Project(FAST, [TOKEN]) as project:
        _, other = authority(project.folder / "other", ["fastly.test"])
        file, _ = authority(project.folder / "ca", ["fastly.test"])
        with Server(answering(refuse_all), other) as server, Server(proxy(server.port)) as middle:
            done = project.run("status", FASTLY_API_TOKEN=TOKEN, SSL_CERT_FILE=str(file),
                               FASTLY_API_ENDPOINT="https://fastly.test", HTTPS_PROXY=middle.url)
            check(done.code == 1 and middle.requests and not server.requests, done.all)
        with Server(answering(lambda _: reply(200, "{}"))) as server, \
                Server(proxy(server.port)) as middle:
            done = project.run("status", FASTLY_API_TOKEN=TOKEN, SSL_CERT_FILE=str(file),
                               EDGE_DEPLOY_IDLE_MS="500",
                               FASTLY_API_ENDPOINT="https://fastly.test", HTTPS_PROXY=middle.url)
            check(done.code == 1, done.all)
            check(all(TOKEN.encode() not in request.raw for request in
                      server.requests + middle.requests), "the token went out in the clear")


def endpoints(url):
    return {"CLOUDFLARE_API_BASE_URL": url, "FASTLY_API_ENDPOINT": url, "AWS_ENDPOINT_URL": url}


def redirects():
    """Who answers with another address is not followed: no header arrives there."""
    with Server(answering(refuse_all)) as other:
        for status in (301, 302, 303, 307, 308):
            for name, target in ALL.items():
                with Project({name: target}, SECRETS) as project, \
                        Server(answering(lambda _, status=status: reply(
                            status, "moved", [("Location", other.url + "/x")]))) as server:
                    for command in ("status", "publish"):
                        done = project.run(command, **KEYS, **endpoints(server.url))
                        check(done.code == 1 and server.requests, done.all)
        check(not other.requests, "a redirect was followed")


def plain_http():
    """http to another machine is refused before anything is sent."""
    for name, target in ALL.items():
        with Project({name: target}, SECRETS) as project:
            for host in ("http://192.0.2.1", "http://localhost.example", "http://127.0.0.1.example",
                         "http://[2001:db8::1]", "ftp://127.0.0.1", "file:///etc", "gopher://x"):
                done = project.run("status", **KEYS, **endpoints(host), EDGE_DEPLOY_IDLE_MS="300")
                check(done.code == 2, f"{name}, {host}: {done.code}\n{done.all}")
                check("is no url of an API" in done.all or "https" in done.all, done.all)


def manifest_endpoints():
    """A manifest, which a pull request may change, names no endpoint, credential or profile."""
    names = ("endpoint", "endpoints", "api", "api_url", "api_base_url", "base_url", "token",
             "api_token", "access_key", "secret_key", "credentials", "profile", "proxy", "ca",
             "insecure", "verify_tls", "sts", "AWS_ENDPOINT_URL")
    with Server(answering(refuse_all)) as server:
        for name, target in ALL.items():
            for key in names:
                with Project({name: {**target, key: server.url}}, SECRETS) as project:
                    done = project.run("publish", **KEYS)
                    check(done.code == 2, f"{key}: {done.all}")
        for path in ("@evil.example/x", "http://evil.example/", "x", "\\evil.example"):
            with Project(FAST, SECRETS) as project:
                project.manifest(FAST, verify={"path": path})
                done = project.run("publish", **KEYS, **endpoints(server.url))
                check(done.code == 2, f"{path}: {done.all}")
        check(not server.requests, "the manifest led somewhere")


def environment_file():
    """A .env file in the project is nobody's business: a pull request could bring one."""
    with Project(FAST, [TOKEN]) as project, Server(answering(refuse_all)) as server:
        for name in (".env", ".envrc", ".dev.vars", ".curlrc", ".netrc"):
            project.write(name, f"FASTLY_API_ENDPOINT={server.url}\nFASTLY_API_TOKEN=x\n",
                          pathlib.Path(project.work))
        done = project.run("status", FASTLY_API_TOKEN=None)
        check(done.code == 2 and not server.requests, done.all)


TESTS = [verification, authorities, old_protocol, proxies, no_proxy_here, lying_proxy, redirects,
         plain_http, manifest_endpoints, environment_file]
