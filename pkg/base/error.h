/* What can go wrong, in words for the user: a kind, a sentence, a hint. The kind is the exit
   code. Knows nothing of who prints it. */
#ifndef PKG_BASE_ERROR_H
#define PKG_BASE_ERROR_H

#if defined(__GNUC__)
#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define MUST_CHECK
#define PRINTF_LIKE(f, a)
#endif

/* The value is the exit code. */
enum fault {
    FAULT_NONE = 0,
    FAULT_REMOTE = 1,       /* the network or a platform refused; nothing new is live */
    FAULT_INPUT = 2,        /* command line, manifest, profile, credential, repository, module */
    FAULT_INCOMPATIBLE = 3, /* a target does not run it, or over a budget */
    FAULT_PARTIAL = 4,      /* live on some targets, or live and not recorded */
    FAULT_UNVERIFIED = 5,   /* live and recorded, but verification failed */
    FAULT_INTERRUPTED = 130,
    FAULT_TERMINATED = 143,
};

/* Lower-case first word, no full stop, the failure first, the subject in single quotes; the
   hint is an imperative that the user can do. Texts that do not fit are cut. */
struct error {
    enum fault fault;
    char message[480];
    char hint[480];
};

/* Each returns -1, so that a failure is one statement: return error_set(error, ...); */
int error_set(struct error *, enum fault, const char *format, ...) PRINTF_LIKE(3, 4);
int error_prefix(struct error *, const char *format, ...) PRINTF_LIKE(2, 3); /* "prefix: message" */
int error_hint(struct error *, const char *format, ...) PRINTF_LIKE(2, 3);

/* The word for the JSON key error.kind: "remote", "input", ... */
const char *error_kind(enum fault);

#endif
