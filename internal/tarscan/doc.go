/*
Package tarscan lists the entries of a tar archive as archive/tar does, but with one
small read per entry if the archive is a regular file.

A tar archive (POSIX.1-2017, pax, section "ustar Interchange Format") is a sequence of
512-byte blocks. An entry is a header block with the name, type and size, followed by the
content, padded to a multiple of 512 bytes. Two zero blocks end the archive. The position
of the next header follows from the size, so the contents needn't be read: [NewFile]
reads headers at their offsets and costs time in proportion to the number of entries.
[NewStream] reads the archive from beginning to end.

Plain ustar headers are parsed here. Everything else (PAX extended headers, GNU long
names and sparse files, old dialects, invalid headers) is passed to archive/tar, starting
from the same block. So there is only one authority on what unusual archives mean, and
a fuzz test compares the results. After the first sparse file, whose stored size only
archive/tar can tell, it reads the rest of the archive.
*/
package tarscan
