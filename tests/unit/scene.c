#include "tests/unit/scene.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "pkg/base/file.h"
#include "pkg/validate/validate.h"
#include "tests/unit/fake_platform.h"

/* A WASI command: exports memory and _start. */
#define HEAD                                                                                       \
    "\0asm\1\0\0\0"                                                                                \
    "\1\4\1\x60\0\0"                                                                               \
    "\3\2\1\0"                                                                                     \
    "\5\3\1\0\1"                                                                                   \
    "\7\x13\2\6memory\2\0\6_start\0\0"
#define CONST128 "\xfd\x0c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

const struct bytes scene_plain = BYTES(HEAD "\x0a\4\1\2\0\x0b");
/* These store to memory, so that no optimizer makes them the same as the first. */
const struct bytes scene_other = BYTES(HEAD "\x0a\x0b\1\x09\0\x41\0\x41\x2a\x36\2\0\x0b");
const struct bytes scene_third = BYTES(HEAD "\x0a\x0b\1\x09\0\x41\0\x41\x2b\x36\2\0\x0b");
const struct bytes scene_simd = BYTES(HEAD "\x0a\x1c\1\x1a\0\x41\0" CONST128 "\xfd\x0b\4\0\x0b");

int scene_shell(struct scene *scene, const char *command)
{
    char *line = arena_printf(&scene->arena,
                              "cd '%s' && export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 "
                              "GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
                              "GIT_COMMITTER_EMAIL=a@b; { %s; } >/dev/null 2>&1",
                              scene->folder, command);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void scene_put(struct scene *scene, const char *name, struct bytes bytes)
{
    CHECK(file_write(path_join(&scene->arena, scene->folder, name), bytes, 0755, &scene->error) ==
          0);
}

/* Reads the manifest again, as a new run would. */
void scene_read(struct scene *scene)
{
    const struct target **targets;
    char *path = path_join(&scene->arena, scene->folder, "edge-deploy.json");
    scene->error = (struct error){0};
    scene->result = (struct publish_result){0};
    if (!CHECK(manifest_read(&scene->arena, path, NULL, &scene->manifest, &scene->error) == 0)) {
        fprintf(stderr, "  %s\n", scene->error.message);
        exit(1);
    }
    targets = arena_alloc(&scene->arena, scene->manifest.target_count, sizeof *targets);
    for (size_t i = 0; i < scene->manifest.target_count; i++)
        targets[i] = &scene->manifest.targets[i];
    scene->options.targets = targets;
    scene->options.target_count = scene->manifest.target_count;
}

void scene_manifest(struct scene *scene, const char *more, const char *targets)
{
    scene_put(scene, "edge-deploy.json",
              bytes_of(arena_printf(&scene->arena, "{\"name\":\"app\",%s\"targets\":{%s}}", more,
                                    targets)));
    scene_read(scene);
}

static const char *opinion;

static int judge(const uint8_t *data, size_t size, uint64_t features, char *message, size_t limit)
{
    (void)data, (void)size, (void)features;
    snprintf(message, limit, "%s", opinion + 1);
    return opinion[0] == 'V' ? 0 : opinion[0] == 'I' ? 1 : 2;
}

void scene_validator(struct scene *scene, const char *answer)
{
    opinion = answer;
    validate_open(&scene->arena, judge, &scene->options.validator);
}

void scene_open(struct scene *scene, const char *more, const char *targets)
{
    *scene = (struct scene){.options = {.build = true, .optimize = true, .jobs = 1}};
    scene->folder = unit_folder(&scene->arena);
    scene->world = unit_world(&scene->arena);
    unit_setenv(scene->world, "ALPHA_ACCOUNT", "1234");
    unit_setenv(scene->world, "ALPHA_TOKEN", "secret");
    unit_setenv(scene->world, "BETA_TOKEN", "secret");
    fake_reset();
    CHECK(scene_shell(scene, "git init -q -b main .") == 0);
    scene_validator(scene, "V");
    scene_put(scene, "app.wasm", scene_plain);
    scene_manifest(scene, more, targets);
    CHECK(scene_shell(scene, "git add . && git commit -qm one") == 0);
}

void scene_close(struct scene *scene)
{
    arena_free(&scene->arena);
}

int scene_publish(struct scene *scene)
{
    scene_read(scene);
    scene_validator(scene, opinion);
    fake.log[0] = '\0';
    return publish(&scene->arena, scene->world, &scene->manifest, &scene->options, &scene->result,
                   &scene->error);
}

bool scene_expect(struct scene *scene, int status, enum fault fault, const char *file, int line)
{
    bool ok = (status == 0) == (fault == FAULT_NONE) && scene->error.fault == fault;
    if (!ok)
        fprintf(stderr, "  %d: fault %d: %s\n", status, (int)scene->error.fault,
                scene->error.message);
    return unit_check(ok, file, line, "the fault is as expected");
}
struct record *scene_records(struct scene *scene, size_t *count)
{
    struct record_store *store;
    struct record *records = NULL;
    size_t skipped = 0;
    *count = 0;
    CHECK(record_open(&scene->arena, scene->world, scene->folder, &store, &scene->error) == 0 &&
          record_list(&scene->arena, store, NULL, &records, count, &skipped, &scene->error) == 0);
    CHECK(skipped == 0);
    return records;
}

size_t scene_record_count(struct scene *scene)
{
    size_t count;
    scene_records(scene, &count);
    return count;
}
