// Package secret finds secrets in the text of commands, in the contents of files and
// by file names, and masks them. The caller decides where to search and what a
// secret means.
package secret
