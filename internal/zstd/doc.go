// Package zstd reads and writes Zstandard, the format of RFC 8878, whose sections
// are named in brackets here. It decodes a stream as it comes, in memory that grows
// with what was decoded as far as the window of a frame and two blocks, and verifies
// checksums. It leaves dictionaries to others.
//
// # Frames
//
// A stream is a row of frames [3]. Each begins with four magic bytes; those of
// sixteen other magic numbers are skipped [3.1.2], which is where pzstd states
// sizes and zstd:chunked its table of contents. A frame's header [3.1.1.1] says
// how far back the frame refers (the window), and may say how much it holds and
// that a checksum follows, the low half of XXH64 of the content.
//
// # Blocks
//
// A frame is a row of blocks [3.1.1.2], each of at most 128 KiB: as it is, one
// byte repeated, or compressed. A compressed block [3.1.1.3] is two things: the
// literals, all in one piece, and the sequences. A sequence is three numbers: so
// many literals, then so many bytes from so far back. What literals are left
// after the last one end the block [3.1.1.4].
//
//	literals   the quick brown fox ate
//	sequences  (20, 4, 20)
//	content    the quick brown fox the ate
//
// An offset is stated plus three; one to three are the last offsets again [3.1.1.5].
//
// # Literals
//
// They [3.1.1.3.1] are as they are, one byte repeated, or Huffman codes of at
// most 11 bits [4.2], in one stream or in four of a quarter each. The tree comes
// with the block or is the block's before ("treeless"). It is stated as a weight
// for each byte, which are themselves compressed [4.2.1].
//
// The decoder looks up the next eleven bits in a table of symbols and lengths.
// One lookup has to wait for the other, so the four streams are there to have
// four of them under way at once, and the loop does five symbols of each between
// two loads.
//
// # Sequences
//
// The three numbers [3.1.1.3.2] are each a code, which stands for a range, and as
// many bits as the range needs. The codes are in finite state entropy [4.1]: the
// decoder is in one of up to 512 states. A state stands for a code, and says how
// many bits to read and what to add to them for the next state. A code has as
// many states as it is frequent, and the more it has the fewer bits they read: a
// code that is there in three of four states costs 0.4 bits, which Huffman's
// whole bits can't do. A table of states is made from a distribution that is
// predefined, stated, or the last block's.
//
// The bits are read from the end to the beginning, since the encoder has to go
// through the sequences from the last to the first.
//
// # Encoding
//
// The encoder looks for matches with a binary search tree for each hash of four
// bytes, and then for the cheapest way through a block: what each literal, length
// and offset costs in bits is known from the block before, and, in a second pass,
// from the first. For each of the tables of a block it computes which of the modes
// takes least. Everything is in integers, so that the result is the same on every
// machine.
package zstd
