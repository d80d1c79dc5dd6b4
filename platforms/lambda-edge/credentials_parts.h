/* What the files that find AWS's credentials share: keys, and one function a source. Knows nothing
   of what they are for. Facts are from AWS's "SDKs and Tools Reference Guide" (standardized
   credential providers) and the STS API of 2011-06-15, as of 2026-11-22. */
#ifndef PLATFORMS_LAMBDA_EDGE_CREDENTIALS_PARTS_H
#define PLATFORMS_LAMBDA_EDGE_CREDENTIALS_PARTS_H

#include "platforms/lambda-edge/driver_parts.h"

struct keys {
    const char *access, *secret, *token; /* access NULL: none were found; token NULL: none */
    int64_t expires;                     /* milliseconds since 1970; 0: not known */
    const char *origin;                  /* in words, behind "from" */
};

/* credentials.c */
/* Keys from outside, checked: FAULT_INPUT when one is missing or no word. Each may be NULL.
   `expires` is as AWS writes times. */
int credentials_keys(const struct job *, const char *access, const char *secret, const char *token,
                     const char *expires, const char *origin, struct keys *out,
                     struct error *) MUST_CHECK;
/* The keys in AWS_ACCESS_KEY_ID and its companions; none when there are none. */
int credentials_environment(const struct job *, struct keys *out, struct error *) MUST_CHECK;
/* 2026-11-22T12:00:00Z, also with a fraction and an offset, as milliseconds since 1970; -1 for
   anything else. */
int64_t credentials_time(const char *text);
/* A file that holds one secret, without white space around it. `what` is said when it fails. */
int credentials_file(const struct job *, const char *path, const char *what, const char **out,
                     struct error *) MUST_CHECK;

/* credentials_profile.c: the shared config and credentials files. */
/* The keys of the profile that AWS_PROFILE names, or of "default", whatever way it says to get
   them; none when there is no such profile and none was named. */
int credentials_profile(const struct job *, struct keys *out, struct error *) MUST_CHECK;

/* credentials_ini.c */
/* The value of `key` in `[section]` (`[profile NAME]` is found as NAME too); NULL when absent. */
char *ini_find(struct arena *, struct bytes text, const char *section, const char *key);
bool ini_has(struct bytes text, const char *section);

/* credentials_process.c */
/* What the program prints; `profile` names whose it is. */
int credentials_process(const struct job *, const char *command, const char *profile,
                        struct keys *out, struct error *) MUST_CHECK;
/* The words of a command line: white space, quotes and backslashes as in a shell, and nothing else
   of a shell. NULL-terminated; NULL when a quote is open or there is no word. */
char **credentials_words(struct arena *, const char *command);
/* Version 1 of the JSON that such a program prints. */
int credentials_process_output(const struct job *, struct bytes output, const char *origin,
                               struct keys *out, struct error *) MUST_CHECK;

/* credentials_sts.c: a role's temporary keys. */
struct role {
    const char *arn, *session;      /* session NULL: our own name */
    const char *external_id;        /* or NULL */
    const char *duration;           /* seconds, or NULL */
    const char *token, *token_kind; /* a web identity instead of keys: "GitHub's token" */
};
int credentials_assume(const struct job *, const struct role *, const struct keys *source,
                       struct keys *out, struct error *) MUST_CHECK;
/* AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN; none when it is not set. */
int credentials_web_identity(const struct job *, struct keys *out, struct error *) MUST_CHECK;
/* A job on GitHub that may ask for a token, with AWS_ROLE_ARN; none when it may not. */
int credentials_github(const struct job *, struct keys *out, struct error *) MUST_CHECK;

/* credentials_metadata.c */
/* AWS_CONTAINER_CREDENTIALS_*; none when it is not set. */
int credentials_container(const struct job *, struct keys *out, struct error *) MUST_CHECK;
/* The instance's role; none when this is no instance. `wanted`: a profile asks for it, and that
   there is none is a failure. */
int credentials_instance(const struct job *, bool wanted, struct keys *out,
                         struct error *) MUST_CHECK;

#endif
