/*
Package inflate reads gzip files (RFC 1952) like compress/gzip, with the same results
and errors, but faster.

The DEFLATE format (RFC 1951) is a sequence of blocks of symbols in Huffman codes. A
symbol is a literal byte, the end of the block, or a length that is followed by the code
of a distance, both with extra bits (section 3.2.5); length and distance mean a copy from
the output. The decoder differs from compress/flate's in these points:

  - The next bits of the input are kept in a 64-bit accumulator, which is refilled with a
    single load of eight bytes. It then holds at least 56 bits, enough for a length and
    a distance with all extra bits (48), so that one check per symbol is enough.
  - A code is decoded by indexing a table with the next 10 bits, see table.go. The entry
    has everything that follows from the code: the number of its bits, the kind of the
    symbol, and the base value and number of extra bits. Longer codes, which are rare,
    take a second lookup. Codes are built as in section 3.2.2; incomplete and
    oversubscribed ones are errors.
  - Output is decoded into one buffer that also contains the window of the preceding
    32 KiB, so that a copy is a copy within the buffer, and is returned from there
    without being copied.

Where decoding stops near the end of the input, and why, is worked out once it has
failed, not for every symbol. The checksum and size of each member are verified before
its end is reported (RFC 1952, section 2.3.1).
*/
package inflate
