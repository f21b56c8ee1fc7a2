# README.md -> a shell script that does what a reader does, from top to bottom, in one session.
#   ```cpp with int main    is saved under the last `name.cpp` that the text mentioned
#   ```sh                   is run, unless the line before is <!-- not run here: WHY -->
#   ```text                 is what the ```sh before it must have printed
#   ```cmake                is made a project around the last program, built and run
/^```/ && !inside {
    inside = 1
    kind = substr($0, 4)
    body = ""
    next
}
/^```/ {
    inside = 0
    if (kind == "cpp" && body ~ /int main/) {
        printf "save %s <<'END_OF_BLOCK'\n%sEND_OF_BLOCK\n", program, body
    } else if (kind == "sh" && why != "") {
        printf "skipped '%s' <<'END_OF_BLOCK'\n%sEND_OF_BLOCK\n", why, body
    } else if (kind == "sh") {
        # Not in a subshell: a `cd` in one block holds for the next.
        printf "echo 'README line %d'\n{\n%s} >\"$output\" 2>\"$errors\"\n", NR, body
    } else if (kind == "text") {
        printf "printed %d <<'END_OF_BLOCK'\n%sEND_OF_BLOCK\n", NR, body
    } else if (kind == "cmake") {
        printf "project %s <<'END_OF_BLOCK'\n%sEND_OF_BLOCK\n", program, body
    }
    why = ""
    next
}
inside { body = body $0 "\n"; next }
match($0, /^<!-- not run here: .* -->/) { why = substr($0, 20, RLENGTH - 23) }
{
    text = $0
    while (match(text, /`[a-z_]+\.cpp`/)) {
        program = substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
    }
}
