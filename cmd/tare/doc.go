/*
Tare says what container images weigh and why.

	tare weigh IMAGE…              size, transfer, net, tare, dead bytes, one line a fact
	tare history IMAGE             how an image came about and what each step weighs
	tare tree IMAGE [PATH]         its files, or those of one layer, sizes rolled up
	tare compare IMAGE IMAGE…      images side by side, and what a fleet pays for them
	tare diff A B                  the files and settings in which two images differ
	tare verify IMAGE              whether an image is what it says, to the last byte
	tare completion bash|zsh|fish  completion for a shell
	tare version                   version, revision, toolchain

An IMAGE is docker-archive:PATH[:NAME], oci:DIR[:TAG], oci-archive:PATH[:TAG],
docker-daemon:NAME or docker://NAME. Without a transport, a file or directory is
recognised by what is in it, and a name is asked of the Docker Engine, then of
its registry; - reads an archive from standard input.

tare help COMMAND lists the flags of a command. All commands take

	--format table|json|markdown
	-o FILE

The exit code is 0 when all is well, 1 for a finding or a difference, 2 for a
usage error or a failure. Messages go to standard error.

Called docker-tare, it is a plug-in of the docker command: docker tare weigh IMAGE.

Figures are defined in docs/measures.md, the JSON in docs/json.md.
*/
package main
