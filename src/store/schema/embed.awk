# Turns src/store/schema/NNNN_name.sql, in the order given, into a C file with the array that migrate.c reads: its n-th
# text leads from version n - 1 to n. Comments stay in: they are what `sqlite3 thon.db .schema` shows to a technician.

function quote(line) {
        gsub(/\\/, "\\\\", line)
        gsub(/"/, "\\\"", line)
        return "        \"" line "\\n\""
}
BEGIN {
        print "/* Made by src/store/schema/embed.awk. */"
        print "#include <stddef.h>\n"
        print "extern const char *const thon_schema[];"
        print "extern const size_t thon_schema_count;\n"
        print "const char *const thon_schema[] = {"
}
FNR == 1 {
        name = FILENAME
        sub(/.*\//, "", name)
        if (name !~ /^[0-9][0-9][0-9][0-9]_[a-z_]+\.sql$/ || substr(name, 1, 4) + 0 != count + 1) {
                print "embed.awk: " FILENAME ": number " count + 1 " was expected" > "/dev/stderr"
                failed = 1
                exit 1
        }
        if (count++)
                print "        ,"
}
{ print quote($0) }
END {
        if (failed)
                exit 1
        print "};"
        print "const size_t thon_schema_count = " count + 0 ";"
}
