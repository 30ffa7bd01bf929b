/*
Tare shows what container images weigh and why. It also checks, builds and copies
them.

Usage:

	tare COMMAND [flags] IMAGE…

The commands:

	weigh      show what images weigh
	history    show the history of an image and what each step weighs
	tree       list the files of an image or of one layer, with their sizes summed by directory
	compare    compare images, and estimate the cost of storing and pulling them
	diff       list the files and settings in which two images differ
	verify     check an image against every digest and size that it states
	audit      check images against rules and budgets, as a quality gate for CI
	pack       make a reproducible image from static executables
	push       push an image to a registry without changing its digest
	pull       pull an image from a registry without changing its digest
	copy       copy an image between any two transports without changing its digest
	sbom       list the software in an image, as SPDX or CycloneDX
	completion print a completion script for a shell
	version    print the version, revision and Go version

An IMAGE is docker-archive:PATH[:NAME], oci:DIR[:TAG], oci-archive:PATH[:TAG],
dir:DIR, docker-daemon:NAME or docker://NAME. Without a transport, the format of a file or
directory is detected, and a name is looked up in the Docker Engine, then in its
registry; - reads an archive from standard input.

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
