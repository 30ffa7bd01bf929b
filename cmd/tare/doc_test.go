package main

import (
	"strings"
	"testing"
)

// TestDoc: the package's comment is made from the table of commands.
func TestDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("/*\nTare says what container images weigh and why; it also makes and moves them.\n\nUsage:\n\n\ttare COMMAND [flags] IMAGE…\n\nThe commands:\n\n")
	writeCommands(&b, "\t")
	b.WriteString("\n" + imageUsage + `
tare help COMMAND describes a command and its flags. Those that report take

	--format table|json|markdown
	-o FILE

where the file - is standard output. The exit code is 0 when all is well, 1 for a
finding, a difference or an exceeded budget, 2 for a usage error or a failure.
Messages go to standard error.

Called docker-tare, it is a plug-in of the docker command: docker tare weigh IMAGE.

Figures are defined in docs/measures.md, the JSON in docs/json.md.
*/
package main
`)
	goldenFile(t, "doc.go", "doc.go", b.String())
}
