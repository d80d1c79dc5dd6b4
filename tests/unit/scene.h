/* A repository on disk with a manifest and a module, and the two made-up platforms: what the tests
   of the pipeline play in. */
#ifndef TESTS_UNIT_SCENE_H
#define TESTS_UNIT_SCENE_H

#include "pkg/base/bytes.h"
#include "pkg/base/world.h"
#include "pkg/publish/publish.h"
#include "tests/unit/fake_platform.h"
#include "tests/unit/unit.h"

/* WASI commands; the last uses simd128, which beta does not run. */
extern const struct bytes scene_plain, scene_other, scene_third, scene_simd;

#define ALPHA  "\"a\":{\"platform\":\"alpha\"}"
#define BETA   "\"b\":{\"platform\":\"beta\"}"
#define MODULE "\"module\":\"app.wasm\","

struct scene {
    struct arena arena;
    char *folder;
    struct world *world;
    struct manifest manifest;
    struct publish_options options; /* one target at a time, so that the order is known */
    struct publish_result result;
    struct error error;
};

/* `more` are keys of the manifest before its targets; app.wasm is scene_plain. One commit. */
void scene_open(struct scene *, const char *more, const char *targets);
void scene_close(struct scene *);

/* A shell command in the folder; its exit code. */
int scene_shell(struct scene *, const char *command);
void scene_put(struct scene *, const char *name, struct bytes);
void scene_manifest(struct scene *, const char *more, const char *targets);

/* Reads the manifest again and clears result and error, as a new run would find them. */
void scene_read(struct scene *);

/* What the second opinion is: "V" (valid), "I" or "U" (not judged) and why. */
void scene_validator(struct scene *, const char *answer);

/* publish() as a new run. */
int scene_publish(struct scene *);

struct record *scene_records(struct scene *, size_t *count);
size_t scene_record_count(struct scene *);

bool scene_expect(struct scene *, int status, enum fault, const char *file, int line);
#define EXPECT(scene, status, fault) scene_expect(scene, status, fault, __FILE__, __LINE__)
#define SAYS(scene, word)            CHECK(strstr((scene)->error.message, word) != NULL)

#endif
