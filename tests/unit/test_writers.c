/* The bounds of the formats: what their readers drop is never more than must be. */
#include <jansson.h>
#include <stdlib.h>

#include "pkg/json/json.h"
#include "pkg/report/print.h"
#include "pkg/report/report.h"
#include "pkg/report/words.h"
#include "tests/unit/unit.h"

enum { MANY = 30000 };

/* Twenty errors, then notes. */
static struct verdict make_verdict(struct arena *arena, size_t count)
{
    struct finding *findings = arena_alloc(arena, count, sizeof *findings);
    for (size_t i = 0; i < count; i++)
        findings[i] = (struct finding){.level = i < 20 ? LEVEL_ERROR : LEVEL_NOTE,
                                       .rule = "import",
                                       .subject = arena_printf(arena, "host-%zu", i),
                                       .message = "a message of some length, so that it counts",
                                       .where = {.function = WASM_NO_FUNCTION}};
    return (struct verdict){.target = "edge",
                            .platform = "x",
                            .variant = "",
                            .profile_as_of = "2026-11-22",
                            .manifest = "edge-deploy.json",
                            .manifest_line = 4,
                            .answer = ANSWER_NO,
                            .findings = findings,
                            .finding_count = count};
}

static const char *write_as(struct arena *arena, const struct report *report, const char *format)
{
    const struct report_writer *writer = NULL;
    struct report_style style = {false, true, 80};
    struct error error = {0};
    char *text = NULL;
    size_t size = 0;
    CHECK(report_writer_find(format, &writer, &error) == 0);
    FILE *file = open_memstream(&text, &size);
    CHECK(writer->write(arena, report, &style, file) == 0);
    fclose(file);
    arena_defer(arena, free, text);
    return text;
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (; (text = strstr(text, word)) != NULL; text += strlen(word))
        count++;
    return count;
}

static void many_findings(void)
{
    struct arena arena = {0};
    struct verdict verdict = make_verdict(&arena, MANY);
    struct report report = {.command = "check",
                            .version = "1",
                            .verdicts = &verdict,
                            .verdict_count = 1,
                            .manifest = "edge-deploy.json",
                            .folder = ""};
    const char *github = write_as(&arena, &report, "github");
    CHECK(count_of(github, "::error ") == 10 && count_of(github, "::notice ") == 10);
    CHECK(strncmp(github, "::error ", 8) == 0);
    CHECK(strstr(github, "29,981 findings had no room here") != NULL);
    const char *markdown = write_as(&arena, &report, "markdown");
    CHECK(strlen(markdown) <= 65536 && strlen(markdown) > 60000);
    CHECK(strstr(markdown, " parts left out here") != NULL);
    CHECK(strstr(markdown, "host-19</code>") != NULL); /* the last of the errors */
    struct error error = {0};
    json_t *sarif = NULL;
    CHECK(json_read(&arena, bytes_of(write_as(&arena, &report, "sarif")), "sarif", FAULT_INPUT,
                    &sarif, &error) == 0);
    CHECK(json_array_size(json_find(sarif, "runs[0].results")) == 25000);
    CHECK_TEXT(json_find_string(sarif, "runs[0].results[0].level", NULL), "error");
    CHECK_TEXT(json_find_string(sarif,
                                "runs[0].invocations[0].toolExecutionNotifications[0].message.text",
                                NULL),
               "5000 results left out");
    arena_free(&arena);
}

/* An unknown is skipped, and with --strict a failure. */
static void unknown_cases(void)
{
    struct arena arena = {0};
    struct verdict verdict = make_verdict(&arena, 1);
    verdict.findings[0].level = LEVEL_WARNING;
    verdict.findings[0].is_unknown = true;
    verdict.answer = ANSWER_UNKNOWN;
    struct report report = {
        .command = "check", .version = "1", .verdicts = &verdict, .verdict_count = 1, .folder = ""};
    CHECK(strstr(write_as(&arena, &report, "junit"), "failures=\"0\" errors=\"0\" skipped=\"1\""));
    report.strict = true;
    CHECK(strstr(write_as(&arena, &report, "junit"), "failures=\"1\" errors=\"0\" skipped=\"0\""));
    arena_free(&arena);
}

/* A run that failed early says so in every format. */
static void failures(void)
{
    struct arena arena = {0};
    struct error failure = {0};
    error_set(&failure, FAULT_INPUT, "no such %%0A<module>");
    struct report report = {.command = "check", .version = "1", .failure = &failure, .folder = ""};
    for (size_t i = 0; i < report_writer_count; i++) {
        const char *text = write_as(&arena, &report, report_writers[i].name);
        CHECK(strstr(text, "no such ") != NULL);
    }
    CHECK(strstr(write_as(&arena, &report, "github"), "::no such %250A<module>\n") != NULL);
    CHECK(strstr(write_as(&arena, &report, "junit"), "errors=\"1\"") != NULL);
    CHECK(strstr(write_as(&arena, &report, "sarif"), "\"executionSuccessful\": false") != NULL);
    arena_free(&arena);
}

static void formats(void)
{
    const struct report_writer *writer = NULL;
    struct error error = {0};
    CHECK(report_writer_find("sarf", &writer, &error) == -1 && writer == NULL);
    CHECK_TEXT(error.message, "unknown format 'sarf'");
    CHECK_TEXT(error.hint, "did you mean 'sarif'?");
}

/* Lines are measured as a terminal shows them. */
static void columns(void)
{
    CHECK(print_width("abc") == 3);
    CHECK(print_width("\xe6\x97\xa5\xe6\x9c\xac") == 4);     /* two ideographs */
    CHECK(print_width("e\xcc\x81") == 1);                    /* e and an accent */
    CHECK(print_width("\xe2\x9c\x93 \xe2\x9c\x97") == 3);    /* our own signs */
    CHECK(print_width("\xf0\x9f\x9a\x80\xef\xbc\xa1") == 4); /* a rocket, a wide A */
}

void test_writers(void)
{
    many_findings();
    unknown_cases();
    failures();
    formats();
    columns();
}
