/* The plug for a platform: four hooks, its data, its sandbox half; and what is the same for all:
   options, credentials, endpoints, look-up by name. Names no platform. */
#ifndef PKG_PLATFORM_PLATFORM_H
#define PKG_PLATFORM_PLATFORM_H

#include "pkg/base/world.h"
#include "pkg/compat/profile.h"
#include "pkg/http/http.h"
#include "pkg/manifest/manifest.h"

struct archive_item;
struct arena;
struct sandbox_api;
struct wasm_info;

struct secret {
    const char *name, *value;
};

/* What a driver gets to work with. Everything in it is checked. */
struct job {
    struct arena *arena;
    struct http *http;
    const struct world *world;
    const struct platform_entry *entry;
    const struct profile *profile;
    const struct target *target;
    json_t *settings;         /* the target's, with environment and defaults filled in */
    const char *resource;     /* the platform's own id from the last record (a service that the
                                 first publish created), or NULL */
    const char *previous;     /* the version that the last record says is live, or NULL */
    const char *previous_url; /* where that one answers, or NULL */
    const char *commit;       /* 40 or 64 hex digits, or NULL outside a repository */
    const char *tag; /* of one publish: random, to find one's own work after a lost answer */
    const struct secret *secrets;
    size_t secret_count;
    const char *secrets_origin;      /* where they are from: "the environment"; NULL: none found */
    int64_t secrets_expire;          /* milliseconds since 1970; 0: never, or not known */
    const struct manifest *manifest; /* for messages; may be NULL */
    void **kept; /* the driver's own: what one hook leaves for the next; starts NULL */
};

/* What goes into an artifact. */
struct part {
    const char *name; /* with '/' between folders; relative to the main's folder */
    const char *filename, *media_type;
    struct bytes body;
};

enum entry { ENTRY_NONE, ENTRY_WASI, ENTRY_BYTES }; /* cli.md section 7 */

enum payload_form {
    PAYLOAD_BARE,   /* one module, to be wrapped in our glue where the platform needs one */
    PAYLOAD_MAIN,   /* the user's main (first part), modules and files */
    PAYLOAD_PACKAGE /* a ready archive (first part), its bytes untouched */
};

struct payload {
    enum payload_form form;
    enum entry entry; /* of a bare module */
    struct part *parts;
    size_t part_count;
    const struct archive_item *items; /* of a ready archive: what is in it */
    size_t item_count;
};

/* The exact bytes for one platform. */
struct artifact {
    struct part *parts;
    size_t part_count;
    const char *settings; /* what is configured with it, as canonical JSON; part of the digest:
                             a change of settings is a change of the artifact */
    size_t counted_bytes; /* as the platform's size limit counts it */
    size_t unpacked_bytes;
    const char *content; /* digest of what is in it as the platform itself takes it; NULL: none */
    char sha256[65];     /* artifact_seal() */
};

/* Computes sha256 over names, types, bodies and settings. */
void artifact_seal(struct artifact *);

/* Our glue with a last line that fills in its `version`: "sha256:" and the digest, which is over
   the glue without it. Asked for it with the header GLUE_VERSION, it answers with it in one. */
#define GLUE_VERSION "Edge-Deploy-Version"
struct bytes artifact_glue(const struct job *, const char *sha256);

/* Whether a version ever took traffic, as far as the platform remembers. */
enum lived { LIVED_UNKNOWN, LIVED_NO, LIVED_YES };

struct deployment {
    const char *version, *previous; /* the platform's own ids; previous: what it replaced */
    const char *base;        /* what live() said when this run began; NULL: nothing was live */
    const char *base_commit; /* that one's, or NULL */
    const char *url;         /* where it answers; of a staged one: where it can be tried */
    const char *resource;    /* id of the service or function that holds it, or NULL */
    const char *artifact_sha256, *commit;
    const char *pin_name, *pin_value; /* the header that makes `url` answer with just this version,
                                         whatever share it has; NULL: there is none */
    const char *address; /* the IP address at which `url` answers with it; NULL: the url's own */
    enum lived lived;    /* versions() */
    const char *time;    /* versions(): since when it is what it is, RFC 3339; NULL: not known */
    unsigned percent;    /* of the traffic; wanted: 0 is 100; versions(): 0 when it has none */
    bool staged;         /* to be uploaded and not activated; versions(): is there to be tried */
    bool deferred;       /* upload has only checked: activate sends */
    bool drifted;        /* live(): what is live was not put there by us */
    bool spreading;  /* live(): on its way: some places may still answer as before, for minutes */
    bool overwrite;  /* make it live although something else than `base` is by now */
    bool incomplete; /* live(): ours, but what goes with it (addresses, routes) is not set up:
                        upload and activate make up for it */
    const char *same_as; /* live(): the version of ours whose code this one has, with settings
                            changed since by somebody; digest and commit are that one's */
};

struct platform {
    const char *name; /* folder name, also the manifest's word */
    const char *title;

    /* Pure: payload in, the exact bytes to send out. Same input, same bytes. Seals the artifact. */
    int (*pack)(const struct job *, const struct payload *, struct artifact *out, struct error *);

    /* Brings the artifact; nothing live changes yet. Fills out->version: that of an earlier run
       where just this artifact was left and nothing has come after it. Where the platform has no
       such call (a script's first deploy goes live as it is uploaded) it only checks, and sets
       out->deferred: activate sends. Leaves artifact digest and commit on the platform. With
       out->staged the version can be tried afterwards: fills url, and the pin. */
    int (*upload)(const struct job *, const struct artifact *, struct deployment *out,
                  struct error *);

    /* Makes out->version live with out->percent of the traffic: the one just uploaded, or an
       earlier one (that is rollback; the artifact is then NULL). Sends and returns: waiting for
       propagation is verify's. Safe to call again. Fills url, the pin and the version it replaced.
     */
    int (*activate)(const struct job *, const struct artifact *, struct deployment *,
                    struct error *);

    /* Asks the platform what is live now: version (NULL: nothing; of several that share the traffic
       the one with the largest share), its share, and the artifact digest and commit that upload
       left there. Reads only. */
    int (*live)(const struct job *, struct deployment *out, struct error *);

    /* May be NULL. Called for all targets side by side before the first is activated: whatever can
       refuse the switch is looked at (job_check_base, the draft's content, who holds the routes),
       so that activate sends little more than the switch. Reads only. */
    int (*ready)(const struct job *, const struct artifact *, struct deployment *, struct error *);

    /* May be NULL. What publish would change, a sentence each in the platform's words ("add the
       route 'a.example'"), in the order in which it would be sent; none when nothing would.
       `wanted` says share and staging; before a version is staged or gets a share it is also asked
       whether that can be done: FAULT_INPUT says that not. Reads only. The array lives in the
       arena. */
    int (*plan)(const struct job *, const struct artifact *, const struct deployment *wanted,
                const char ***out, size_t *count, struct error *);

    /* May be NULL. The versions that the platform remembers and could make live: what is live
       first (the largest share before the others), then by when they last took traffic, then by
       when they were made, newest first. Each with its share now, commit and digest where upload
       left them, and `lived`. What is not listed cannot be made live. Reads only. */
    int (*versions)(const struct job *, struct deployment **out, size_t *count, struct error *);

    /* May be NULL. Finds credentials where the environment does not simply say them: in the
       vendor's files, from a server (the job's HTTP is open). Fills job->secrets, their origin and
       when they expire, when it finds some; FAULT_INPUT, or FAULT_REMOTE when a server refuses. */
    int (*unlock)(struct job *, struct error *);
};

struct platform_entry {
    const struct platform *platform;
    const struct sandbox_api *sandbox;
    const char *profile_json;
    const char *glue; /* what wraps a bare module, or "" */
};

/* Printed by platforms/table.sh at build time; tests link their own. Ends with {0}. */
extern const struct platform_entry platforms[];

const struct platform_entry *platform_find(const char *name);
/* Names of all platforms, for suggestions; the array lives in the arena. */
const char **platform_names(struct arena *, size_t *count);

/* Checks the target's settings against the platform's options (unknown key, type, pattern, range,
   required), fills in environment and defaults, resolves the variant. `manifest` may be NULL
   (check without one). `profile_file` replaces the built-in profile, or NULL. FAULT_INPUT names
   the JSON path and line. Needs no credentials. */
int job_prepare(struct arena *, const struct world *, const struct manifest *,
                const struct target *, const char *profile_file, struct job *out,
                struct error *) MUST_CHECK;

/* Reads the credentials (job_find_secrets) into the job and opens HTTP. FAULT_INPUT names the
   missing variable and the rights it needs, and credentials that expire within a minute. */
int job_unlock(struct job *, struct error *) MUST_CHECK;

/* Opens HTTP and looks for the profile's credentials: in the environment, then by the platform's
   unlock hook. That there are none is no failure; FAULT_INPUT for one that cannot be right. Needs
   arena, world, entry, profile and target only. */
int job_find_secrets(struct job *, struct error *) MUST_CHECK;

/* For ready: -1 when neither `wanted->base` nor `wanted->version` is what is live now, with both
   sides named: somebody else deployed since this run began. Not with wanted->overwrite. */
int job_check_base(const struct job *, const struct deployment *wanted,
                   const struct deployment *now, struct error *) MUST_CHECK;

const char *job_secret(const struct job *, const char *name);   /* NULL when not set */
const char *job_endpoint(const struct job *, const char *name); /* without a final slash */
const char *job_text(const struct job *, const char *option);   /* NULL when not set */
json_int_t job_integer(const struct job *, const char *option, json_int_t fallback);
bool job_flag(const struct job *, const char *option, bool fallback);

/* The whole JSON Schema of a manifest, the platforms' options included. */
char *platform_schema(struct arena *);

#endif
