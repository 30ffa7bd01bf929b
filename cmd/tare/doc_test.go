package main

import (
	"strings"
	"testing"
)

// TestDoc: the package comment is generated from the table of commands.
func TestDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("/*\nTare shows what container images weigh and why. It also checks, builds and copies\nthem.\n\nUsage:\n\n\ttare COMMAND [flags] IMAGE…\n\nThe commands:\n\n")
	writeCommands(&b, "\t")
	b.WriteString("\n" + imageUsage + `
tare help COMMAND describes a command and its flags. All commands that print a report
accept

	--format table|json|markdown
	-o FILE

where the file - is standard output. The exit code is 0 on success, 1 if there is a
finding or a difference or a budget is exceeded, and 2 for a usage error or a failure.
Messages go to standard error.

Installed as docker-tare, it is a Docker CLI plug-in: docker tare weigh IMAGE.

The figures are defined in docs/measures.md, the JSON in docs/json.md.
*/
package main
`)
	goldenFile(t, "doc.go", "doc.go", b.String())
}
