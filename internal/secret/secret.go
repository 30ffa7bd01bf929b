// Package secret knows what secrets look like: in the text of a command, in
// the content of a file, by a file's name. It finds them and masks them; where
// to look and what to make of what was found is the caller's.
package secret
