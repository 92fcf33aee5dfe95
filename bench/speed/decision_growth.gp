# SPDX-License-Identifier: GPL-3.0-or-later
# What a best-fit decision costs in fleets of 1,000 to 1,000,000 nodes. Run by bench.py --plot, which
# sets `data` (nodes, then nanoseconds of a plain scan, of a decision, and of one without search) and
# `picture`.
set terminal svg size 760,460 font 'sans-serif,13' background '#ffffff'
set output picture
set datafile separator ','
set logscale xy
set xlabel 'nodes'
set ylabel 'time of a decision'
set xrange [800:1250000]
set yrange [50:100000000]
set format x '10^{%T}'
set ytics ('100 ns' 100, '1 us' 1000, '10 us' 10000, '100 us' 100000, '1 ms' 1000000, '10 ms' 10000000)
set grid ytics lc rgb '#dddddd'
set border 3
set tics nomirror
set key top left reverse Left samplen 2
plot data skip 1 using 1:2 with linespoints lw 2 pt 7 ps 0.7 lc rgb '#999999' title 'search by a plain scan', \
     data skip 1 using 1:3 with linespoints lw 2 pt 7 ps 0.7 lc rgb '#1f6fb2' \
       title 'with the index: arrival, pass, placing and a departure', \
     data skip 1 using 1:4 with linespoints lw 2 pt 7 ps 0.7 lc rgb '#c2571a' title 'the same without a search'
