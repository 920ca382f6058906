/* The draw's hot loops over targets.tsv, for services.drawing.native; without it Python does the same.

   suicha_filter    whose least ticket may be under its stratum's limit -> places of lines, which hashlib then scores
   suicha_subtrees  the tree hash of each 4,096 lines (RFC 6962 over salted leaves)
   suicha_tally     lines by label, if every line plainly keeps every rule of the list
   suicha_merge     groups of ids, each in order, as the lines of one list in order

   SHA-256 (FIPS 180-4) by the instructions that processors have for it: where they have none, OpenSSL is quicker. */

#include <cpuid.h>
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MOST 4096 /* bytes of one message: a longer line is left to Python */
#define SUBTREE 4096

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t START[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* One block of each of `n` messages, 1 or 2: the instructions are slow to answer, and two take hardly longer than one. */
__attribute__((target("sha,sse4.1,ssse3"), always_inline)) static inline void
compress_each(const int n, uint32_t state[][8], const uint8_t *const block[]) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
    __m128i abef[2], cdgh[2], abef0[2], cdgh0[2], w[2][4];
    for (int m = 0; m < n; m++) {
        __m128i t = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state[m]), 0xb1);
        __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state[m] + 4)), 0x1b);
        abef0[m] = abef[m] = _mm_alignr_epi8(t, efgh, 8);
        cdgh0[m] = cdgh[m] = _mm_blend_epi16(efgh, t, 0xf0);
        for (int i = 0; i < 4; i++)
            w[m][i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block[m] + 16 * i)), swap);
    }
    for (int i = 0; i < 16; i++)
        for (int m = 0; m < n; m++) {
            __m128i now = w[m][i & 3], k = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)(K + 4 * i)));
            cdgh[m] = _mm_sha256rnds2_epu32(cdgh[m], abef[m], k);
            abef[m] = _mm_sha256rnds2_epu32(abef[m], cdgh[m], _mm_shuffle_epi32(k, 0x0e));
            if (i < 12) {
                __m128i one = w[m][(i + 1) & 3], two = w[m][(i + 2) & 3], three = w[m][(i + 3) & 3];
                __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(now, one), _mm_alignr_epi8(three, two, 4));
                w[m][i & 3] = _mm_sha256msg2_epu32(next, three);
            }
        }
    for (int m = 0; m < n; m++) {
        __m128i abef1 = _mm_add_epi32(abef[m], abef0[m]), cdgh1 = _mm_add_epi32(cdgh[m], cdgh0[m]);
        __m128i t = _mm_shuffle_epi32(abef1, 0x1b);
        cdgh1 = _mm_shuffle_epi32(cdgh1, 0xb1);
        _mm_storeu_si128((__m128i *)state[m], _mm_blend_epi16(t, cdgh1, 0xf0));
        _mm_storeu_si128((__m128i *)(state[m] + 4), _mm_alignr_epi8(cdgh1, t, 8));
    }
}

__attribute__((target("sha,sse4.1,ssse3"), noinline)) static void compress(uint32_t state[8], const uint8_t *block) {
    compress_each(1, (uint32_t(*)[8])state, &block);
}

__attribute__((target("sha,sse4.1,ssse3"), noinline)) static void
compress_both(uint32_t state[2][8], const uint8_t *const block[2]) {
    compress_each(2, state, block);
}

/* Whether this processor can do it at all; nothing else here may be called where not. */
int suicha_able(void) {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}

/* Fills a text up to whole blocks, for which it has room, and gives how many bytes these are (`before` came before). */
static size_t pad(size_t before, uint8_t *text, size_t length) {
    uint64_t bits = (uint64_t)(before + length) * 8;
    size_t end = (length + 9 + 63) / 64 * 64;
    memset(text + length, 0, end - length);
    text[length] = 0x80;
    for (int i = 0; i < 8; i++) text[end - 1 - i] = (uint8_t)(bits >> 8 * i);
    return end;
}

static void write_digest(const uint32_t state[8], uint8_t digest[32]) {
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 4; k++) digest[4 * i + k] = (uint8_t)(state[i] >> (24 - 8 * k));
}

/* Digest of `before` bytes (whole blocks) that made `state`, and then of `text`, which has room for 72 bytes more. */
static void finish(const uint32_t state[8], size_t before, uint8_t *text, size_t length, uint8_t digest[32]) {
    uint32_t s[8];
    size_t end = pad(before, text, length);
    memcpy(s, state, sizeof s);
    for (size_t at = 0; at < end; at += 64) compress(s, text + at);
    write_digest(s, digest);
}

/* Digests of two texts side by side, each with room likewise. */
static void finish_both(uint8_t *one, size_t length, uint8_t *two, size_t size, uint8_t digest[32], uint8_t other[32]) {
    uint32_t s[2][8];
    size_t end = pad(0, one, length), last = pad(0, two, size), at = 0;
    memcpy(s[0], START, sizeof START);
    memcpy(s[1], START, sizeof START);
    for (; at < end && at < last; at += 64) compress_both(s, (const uint8_t *const[]){one + at, two + at});
    for (size_t more = at; more < end; more += 64) compress(s[0], one + more);
    for (size_t more = at; more < last; more += 64) compress(s[1], two + more);
    write_digest(s[0], digest);
    write_digest(s[1], other);
}

/* For the loader's own test: the digest of a text of up to 4,096 bytes. */
void suicha_digest(const uint8_t *text, size_t length, uint8_t digest[32]) {
    uint8_t copy[MOST + 128];
    memcpy(copy, text, length < MOST ? length : MOST);
    finish(START, 0, copy, length < MOST ? length : MOST, digest);
}

/* Labels are sorted, label i is labels[ends[i-1]:ends[i]] and its limit the i-th 32 bytes. */
static long find(const uint8_t *label, size_t length, const uint8_t *labels, const uint32_t *ends, long count) {
    long low = 0, high = count;
    while (low < high) {
        long middle = (low + high) / 2;
        size_t from = middle ? ends[middle - 1] : 0, size = ends[middle] - from;
        int order = memcmp(label, labels + from, length < size ? length : size);
        if (!order) order = length < size ? -1 : length > size;
        if (!order) return middle;
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return -1;
}

/* Gives how many lines may be under their limit, their starts in `kept`; -1 if Python has to do it. */
long suicha_filter(const uint8_t *seed, const uint8_t *data, size_t size, const uint8_t *labels, const uint32_t *ends,
                   const uint8_t *limits, long count, int64_t *kept) {
    uint32_t seeded[8];
    uint8_t text[MOST + 128], digest[32];
    long found = 0;
    memcpy(seeded, START, sizeof seeded);
    compress(seeded, seed);
    memcpy(text, "/target/", 8);
    for (size_t at = 0, end; at < size; at = end + 1) {
        const uint8_t *line = data + at, *stop = memchr(line, '\n', size - at);
        if (!stop) return -1;
        end = (size_t)(stop - data);
        const uint8_t *one = memchr(line, '\t', (size_t)(stop - line));
        const uint8_t *two = one ? memchr(one + 1, '\t', (size_t)(stop - one - 1)) : NULL;
        if (!two || (size_t)(one - line) > MOST - 64) return -1;
        long place = find(one + 1, (size_t)(two - one - 1), labels, ends, count);
        int tickets = 0;
        for (const uint8_t *p = two + 1; p < stop; p++) {
            if (*p < '0' || *p > '9' || tickets > 1000) return -1;
            tickets = 10 * tickets + (*p - '0');
        }
        if (place < 0) return -1;
        size_t length = (size_t)(one - line);
        memcpy(text + 8, line, length);
        text[8 + length] = '/';
        for (int k = 1; k <= tickets; k++) {
            size_t digits = k < 10 ? 1 : k < 100 ? 2 : k < 1000 ? 3 : 4, whole = 9 + length + digits;
            for (int rest = k, i = (int)digits; i > 0; i--, rest /= 10) text[8 + length + i] = (uint8_t)('0' + rest % 10);
            finish(seeded, 64, text, whole, digest);
            if (memcmp(digest, limits + 32 * place, 32) <= 0) {
                kept[found++] = (int64_t)at;
                break;
            }
        }
    }
    return found;
}

static void root(uint8_t *level, long count) {
    uint8_t one[128], two[128];
    one[0] = two[0] = 1;
    while (count > 1) {
        long i = 0;
        for (; i + 3 < count; i += 4) {
            memcpy(one + 1, level + 32 * i, 64);
            memcpy(two + 1, level + 32 * i + 64, 64);
            finish_both(one, 65, two, 65, level + 16 * i, level + 16 * i + 32);
        }
        for (; i + 1 < count; i += 2) {
            memcpy(one + 1, level + 32 * i, 64);
            finish(START, 0, one, 65, level + 16 * i);
        }
        if (count & 1) memmove(level + 16 * (count - 1), level + 32 * (count - 1), 32);
        count = (count + 1) / 2;
    }
}

typedef struct {
    const uint8_t *line;
    size_t id_size, size;
    uint8_t text[MOST + 256];
} leaf;

/* Takes the line that begins at `*at`; 0 where Python has to do it. */
static int take_line(leaf *one, const uint8_t *data, size_t size, size_t *at) {
    const uint8_t *line = data + *at, *stop = memchr(line, '\n', size - *at);
    const uint8_t *tab = stop ? memchr(line, '\t', (size_t)(stop - line)) : NULL;
    if (!tab || (size_t)(stop - line) > MOST) return 0;
    one->line = line;
    one->id_size = (size_t)(tab - line);
    one->size = (size_t)(stop - line);
    *at = (size_t)(stop - data) + 1;
    return 1;
}

/* The text whose digest is the salt, and then, with that digest at its second byte, the text of the leaf. */
static size_t salt_text(leaf *one, const uint8_t *master) {
    memcpy(one->text, master, 32);
    memcpy(one->text + 32, one->line, one->id_size);
    return 32 + one->id_size;
}

static size_t leaf_text(leaf *one) {
    one->text[0] = 0;
    memcpy(one->text + 33, one->line, one->size);
    return 33 + one->size;
}

/* Gives how many roots were written to `roots`; -1 if Python has to do it. */
long suicha_subtrees(const uint8_t *master, const uint8_t *data, size_t size, uint8_t *roots) {
    static _Thread_local uint8_t level[32 * SUBTREE];
    static _Thread_local leaf one, two;
    long held = 0, made = 0;
    for (size_t at = 0; at < size;) {
        if (!take_line(&one, data, size, &at)) return -1;
        if (at < size) {
            if (!take_line(&two, data, size, &at)) return -1;
            finish_both(one.text, salt_text(&one, master), two.text, salt_text(&two, master), one.text + 1, two.text + 1);
            finish_both(one.text, leaf_text(&one), two.text, leaf_text(&two), level + 32 * held, level + 32 * held + 32);
            held += 2;
        } else {
            finish(START, 0, one.text, salt_text(&one, master), one.text + 1);
            finish(START, 0, one.text, leaf_text(&one), level + 32 * held++);
        }
        if (held == SUBTREE) {
            root(level, held);
            memcpy(roots + 32 * made++, level, 32);
            held = 0;
        }
    }
    if (held) {
        root(level, held);
        memcpy(roots + 32 * made++, level, 32);
    }
    return made;
}

/* The number that a line ends with, or 0 where it is not a plain number from 1 to 1000. */
static int tickets_of(const uint8_t *from, const uint8_t *stop) {
    int found = 0;
    if (from == stop || stop - from > 4 || *from == '0') return 0;
    for (; from < stop; from++) {
        if (*from < '0' || *from > '9') return 0;
        found = 10 * found + (*from - '0');
    }
    return found <= 1000 ? found : 0;
}

static int order_of(const uint8_t *one, size_t length, const uint8_t *two, size_t size) {
    int order = memcmp(one, two, length < size ? length : size);
    return order ? order : length < size ? -1 : length > size;
}

/* Whether an id is of printable ASCII, has no slash and is not the star. */
static int is_plain(const uint8_t *id, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (id[i] < ' ' || id[i] > '~' || id[i] == '/') return 0;
    return length && !(length == 1 && *id == '*');
}

/* Gives how many lines, by label in `counts`; -1, ask Python, where any line is not plain, out of order, of an unknown
   label, or of an id that begins a line of `apart`, which is sorted likewise. */
long suicha_tally(const uint8_t *data, size_t size, const uint8_t *labels, const uint32_t *ends, long count,
                  const uint8_t *apart, size_t apart_size, int64_t *counts) {
    const uint8_t *before = data, *other = apart, *last = apart + apart_size;
    size_t before_length = 0;
    long lines = 0;
    for (size_t at = 0, end; at < size; at = end + 1, lines++) {
        const uint8_t *line = data + at, *stop = memchr(line, '\n', size - at);
        const uint8_t *one = stop ? memchr(line, '\t', (size_t)(stop - line)) : NULL;
        const uint8_t *two = one ? memchr(one + 1, '\t', (size_t)(stop - one - 1)) : NULL;
        if (!two || !tickets_of(two + 1, stop)) return -1;
        size_t length = (size_t)(one - line);
        end = (size_t)(stop - data);
        if (!is_plain(line, length) || order_of(before, before_length, line, length) >= 0) return -1;
        before = line;
        before_length = length;
        while (other < last) {
            const uint8_t *tab = memchr(other, '\t', (size_t)(last - other));
            const uint8_t *next = memchr(other, '\n', (size_t)(last - other));
            if (!tab || !next) return -1;
            int order = order_of(other, (size_t)(tab - other), line, length);
            if (!order) return -1;
            if (order > 0) break;
            other = next + 1;
        }
        long place = find(one + 1, (size_t)(two - one - 1), labels, ends, count);
        if (place < 0) return -1;
        counts[place]++;
    }
    return lines;
}

typedef struct {
    const uint8_t *id, *tab, *stop; /* the id at hand, where it ends, where the group ends */
    const uint8_t *end;             /* what stands behind each of its ids */
    size_t end_size;
} group;

static int is_before(const group *one, const group *two) {
    return order_of(one->id, (size_t)(one->tab - one->id), two->id, (size_t)(two->tab - two->id)) < 0;
}

static void sink(group *heap, long count, long place) {
    for (long child; (child = 2 * place + 1) < count; place = child) {
        if (child + 1 < count && is_before(heap + child + 1, heap + child)) child++;
        if (!is_before(heap + child, heap + place)) return;
        group held = heap[place];
        heap[place] = heap[child];
        heap[child] = held;
    }
}

/* Group i is ids[i], sizes[i] bytes with TABs between ids, and `heap` has room for all. Gives how many bytes of lines
   were written to `lines`; -1, ask Python, where any id is empty or does not stand behind the one before. */
long suicha_merge(const uint8_t **ids, const size_t *sizes, const uint8_t **ends, const size_t *end_sizes, long count,
                  group *heap, uint8_t *lines) {
    uint8_t *at = lines;
    const uint8_t *before = NULL;
    size_t before_size = 0;
    for (long i = 0; i < count; i++) {
        const uint8_t *stop = ids[i] + sizes[i], *tab = memchr(ids[i], '\t', sizes[i]);
        heap[i] = (group){ids[i], tab ? tab : stop, stop, ends[i], end_sizes[i]};
    }
    for (long i = count / 2; i-- > 0;) sink(heap, count, i);
    while (count) {
        size_t size = (size_t)(heap->tab - heap->id);
        if (!size || (before && order_of(before, before_size, heap->id, size) >= 0)) return -1;
        before = heap->id;
        before_size = size;
        memcpy(at, heap->id, size);
        memcpy(at + size, heap->end, heap->end_size);
        at += size + heap->end_size;
        if (heap->tab == heap->stop) {
            *heap = heap[--count];
        } else {
            heap->id = heap->tab + 1;
            const uint8_t *tab = memchr(heap->id, '\t', (size_t)(heap->stop - heap->id));
            heap->tab = tab ? tab : heap->stop;
        }
        sink(heap, count, 0);
    }
    return at - lines;
}
