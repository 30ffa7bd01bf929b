/*
Tare says what container images weigh and why; it also makes and moves them.

Usage:

	tare COMMAND [flags] IMAGE…

The commands:

	weigh      say what images weigh
	history    show how an image came about and what each step weighs
	tree       list the files of an image or of one layer, with their sizes summed by directory
	compare    set images side by side, with what storing and pulling them takes
	diff       list the files and settings in which two images differ
	verify     check an image against every digest and size that it states
	audit      check images against rules and budgets, as a gate for CI
	pack       make an image of static executables, reproducible to the byte
	push       push an image to a registry without changing its digest
	pull       pull an image from a registry without changing its digest
	copy       copy an image between any two places without changing its digest
	sbom       list the software in an image, as SPDX or CycloneDX
	completion print a script that completes commands and flags in a shell
	version    print version, revision and toolchain

An IMAGE is docker-archive:PATH[:NAME], oci:DIR[:TAG], oci-archive:PATH[:TAG],
docker-daemon:NAME or docker://NAME. Without a transport, a file or directory is
recognised by what is in it, and a name is asked of the Docker Engine, then of
its registry; - reads an archive from standard input.

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
