/*
Package deflate compresses data in the DEFLATE format (RFC 1951) more tightly than
compress/flate does at its best level, at the cost of time.

DEFLATE replaces a repeated string by a pair of a length (3 to 258) and a distance (up
to 32768) back to the earlier occurrence (section 3.2.5), and writes literals, lengths
and distances with Huffman codes that are transmitted at the start of each block
(section 3.2.7). compress/flate takes the longest match at each position, or the one
after it. That is not the cheapest choice, since short distances and frequent symbols
need fewer bits. This package minimises the number of bits instead:

  - The input is split into stretches of 40,000 bytes. Each becomes a block with codes of
    its own.
  - [Append] finds the cheapest encoding of a stretch by dynamic programming: way[i] is
    the cheapest known encoding of the first i bytes and its last step, a literal or a
    match. From each position, in order, the literal and every length of the matches
    found there are tried as next steps. The prices are the code lengths of the
    preceding stretch, plus extra bits.
  - Matches are found in binary search trees, one for each hash of four bytes, which
    order the positions within the window by the data that follows them. Inserting a
    position passes the positions with the most similar data, nearest in distance first,
    and yields at most 16 matches.
  - The codes of the stretch are then computed from how often each symbol is used.
    Starting from codes of the greatest length, the code that gains most from being one
    bit shorter is shortened, as long as the lengths still form a prefix code. Lengths
    are limited to 13 bits, since longer codes hardly ever pay.
  - If the block is not smaller than the data, the data is stored (section 3.2.4).

The output ends with an empty stored block, so that it ends on a byte boundary and
other output can follow.
*/
package deflate
