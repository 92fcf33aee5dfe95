# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -D INPUT=x.json -D OUTPUT=x.c -D HEADER=scenarios/catalogue.h -D NAME=catalogue_json -P embed.cmake
# writes the bytes of INPUT as a C array NAME with its size NAME_size.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${bytes}")
string(REGEX REPLACE "(0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],)"
       "\\1\n" array "${array}")
file(WRITE ${OUTPUT}
  "#include \"${HEADER}\"\n\nconst unsigned char ${NAME}[] = {\n${array}};\n"
  "const size_t ${NAME}_size = sizeof ${NAME};\n")
