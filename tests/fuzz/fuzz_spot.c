/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenarios/scenario.h"

/* Any bytes are a trace of spot capacity, whose steps rise in time, or get an error of the input.
 */

static void check_steps(const struct spot_capacity *capacity)
{
    for (int32_t i = 0; i < capacity->step_count; i++) {
        assert(capacity->steps[i].at_us >= 0 && capacity->steps[i].node_count >= 0);
        assert(i == 0 || capacity->steps[i].at_us > capacity->steps[i - 1].at_us);
        assert(i == 0 || capacity->steps[i].node_count != capacity->steps[i - 1].node_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario scenario;
    struct err err = {0};
    char path[64];
    FILE *trace = tmpfile();
    FILE *file = tmpfile();
    assert(trace && file && fwrite(data, 1, size, trace) == size && fflush(trace) == 0);
    fprintf(file,
            "{\"stowage\":1,\"horizon\":\"1h\",\"nodepools\":[{\"id\":\"p\",\"instance_types\":[{"
            "\"id\":\"m\",\"compute_info\":{\"cpu_limit\":\"4\"}}],\"max_instances\":2}],"
            "\"spot_capacity\":[{\"nodepool\":\"p\",\"from\":\"7m\",\"file\":"
            "\"/proc/self/fd/%d\"}]}",
            fileno(trace));
    assert(fflush(file) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    if (scenario_load(&scenario, path, &err) == 0)
        check_steps(&scenario.spot_capacities[0]);
    else
        assert(err.kind == ERR_INPUT && scenario.problems.error_count > 0);
    scenario_release(&scenario);
    fclose(trace);
    fclose(file);
    return 0;
}
