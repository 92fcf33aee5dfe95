/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/plots_told.h"

#include "cli/command.h"
#include "cli/message.h"

int tell_plots(const char *folder, const struct report_outcome *outcome, bool is_quiet)
{
    switch (outcome->plots) {
    case PLOTS_NO_GNUPLOT:
        if (!is_quiet)
            message_warn("%s/plots: no pictures were drawn: there is no gnuplot on the PATH: "
                         "install the Debian package gnuplot-nox, or draw them elsewhere with "
                         "`gnuplot *.gp`",
                         folder);
        return EXIT_DONE;
    case PLOTS_FAILED: {
        struct err err = {.kind = ERR_NONE};
        err_set(&err, ERR_SYSTEM, "%s/plots: gnuplot failed: %s: the rest of the report is whole",
                folder, outcome->plot_detail);
        return message_fail(&err);
    }
    case PLOTS_DRAWN:
    case PLOTS_NOT_ASKED:
        break;
    }
    return EXIT_DONE;
}
