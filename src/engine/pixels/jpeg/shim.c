/* The narrow door to libjpeg-turbo: decode rows, encode rows.
 *
 * libjpeg reports errors by longjmp. That must never cross a Rust frame, so every setjmp and every longjmp lives in
 * this file, and each function here returns a code. Callbacks into Rust neither panic nor jump.
 *
 * Decoding is strict: libjpeg only warns of corrupt data and goes on with grey or smeared blocks; here a warning that
 * means lost pixels ends the decoding, because a half-decoded picture must never replace an original. */

#include <limits.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

/* Mirrored by `Code` in native.rs. */
enum {
  SP_OK = 0,
  SP_DAMAGED = 1,
  SP_TRUNCATED = 2,
  SP_UNSUPPORTED = 3,
  SP_MEMORY = 4,
  SP_STOPPED = 5,
  SP_SCANS = 6,
  SP_INTERNAL = 7
};

/* Mirrored by `Space` in native.rs: what the rows handed out hold. */
enum { SP_GREY = 1, SP_RGB = 2, SP_CMYK = 3, SP_YCC = 4 };

typedef struct {
  struct jpeg_error_mgr mgr; /* first: libjpeg knows only this part */
  jmp_buf jump;
  int code;
  int in_header;
  char message[JMSG_LENGTH_MAX];
} sp_error;

static int classify(int msg_code) {
  switch (msg_code) {
  case JERR_INPUT_EMPTY:
  case JERR_INPUT_EOF:
  case JWRN_JPEG_EOF:
  case JERR_SOF_NO_SOS:
  case JERR_NO_IMAGE:
    return SP_TRUNCATED;
  case JERR_ARITH_NOTIMPL:
  case JERR_BAD_MCU_SIZE:
  case JERR_BAD_PRECISION:
  case JERR_CCIR601_NOTIMPL:
  case JERR_COMPONENT_COUNT:
  case JERR_CONVERSION_NOTIMPL:
  case JERR_EMPTY_IMAGE:
  case JERR_FRACT_SAMPLE_NOTIMPL:
  case JERR_IMAGE_TOO_BIG:
  case JERR_NOTIMPL:
  case JERR_NOT_COMPILED:
  case JERR_SOF_UNSUPPORTED:
  case JERR_WIDTH_OVERFLOW:
    return SP_UNSUPPORTED;
  case JERR_NO_BACKING_STORE:
  case JERR_OUT_OF_MEMORY:
    return SP_MEMORY;
  case JERR_BAD_ALIGN_TYPE:
  case JERR_BAD_ALLOC_CHUNK:
  case JERR_BAD_BUFFER_MODE:
  case JERR_BAD_LIB_VERSION:
  case JERR_BAD_POOL_ID:
  case JERR_BAD_STATE:
  case JERR_BAD_STRUCT_SIZE:
  case JERR_BAD_VIRTUAL_ACCESS:
  case JERR_VIRTUAL_BUG:
    return SP_INTERNAL;
  default:
    return SP_DAMAGED;
  }
}

static void fail_with(sp_error *err, int code) {
  err->code = code;
  longjmp(err->jump, 1);
}

static void fail_text(sp_error *err, int code, const char *text) {
  strncpy(err->message, text, sizeof(err->message) - 1);
  err->message[sizeof(err->message) - 1] = 0;
  fail_with(err, code);
}

static void on_error(j_common_ptr cinfo) {
  sp_error *err = (sp_error *)cinfo->err;
  (*cinfo->err->format_message)(cinfo, err->message);
  fail_with(err, classify(cinfo->err->msg_code));
}

static void on_message(j_common_ptr cinfo, int level) {
  sp_error *err = (sp_error *)cinfo->err;
  if (level >= 0)
    return; /* a trace message */
  switch (cinfo->err->msg_code) {
  case JWRN_ADOBE_XFORM: /* an unknown transform code is read as YCbCr, as everywhere */
  case JWRN_BOGUS_ICC:
  case JWRN_JFIF_MAJOR:
  case JWRN_NOT_SEQUENTIAL: /* a sequential scan's spectral parameters mean nothing, and are read as 0 to 63 */
    return;
  case JWRN_EXTRANEOUS_DATA:
    /* Junk between the head's segments costs no pixel. Once a scan has begun it means that the entropy coded data
     * and the markers disagree. */
    if (err->in_header)
      return;
    break;
  default:
    break;
  }
  on_error(cinfo);
}

static void on_output(j_common_ptr cinfo) { (void)cinfo; }

static void error_init(sp_error *err) {
  memset(err, 0, sizeof(*err));
  jpeg_std_error(&err->mgr);
  err->mgr.error_exit = on_error;
  err->mgr.emit_message = on_message;
  err->mgr.output_message = on_output;
}

/* ------------------------------------------------------------------------------------------------ decoding */

typedef int (*sp_expired)(void *context); /* not 0: time is up */

typedef struct {
  struct jpeg_decompress_struct cinfo;
  sp_error err;
  struct jpeg_progress_mgr progress;
  sp_expired expired;
  void *context;
  int max_scans;
  int seen[MAX_COMPONENTS];
} sp_decoder;

typedef struct {
  uint32_t width;
  uint32_t height;
  uint32_t scaled_width;
  uint32_t scaled_height;
  int32_t space;
  int32_t adobe;
} sp_picture;

static void on_progress(j_common_ptr common) {
  j_decompress_ptr cinfo = (j_decompress_ptr)common;
  sp_decoder *d = (sp_decoder *)common->client_data;
  int i;
  for (i = 0; i < cinfo->comps_in_scan; i++)
    if (cinfo->cur_comp_info[i])
      d->seen[cinfo->cur_comp_info[i]->component_index] = 1;
  if (cinfo->input_scan_number > d->max_scans)
    fail_text(&d->err, SP_SCANS, "more scans than any real picture has");
  if (d->expired(d->context))
    fail_text(&d->err, SP_STOPPED, "out of time");
}

static int create(sp_decoder *d) {
  if (setjmp(d->err.jump))
    return 0;
  jpeg_create_decompress(&d->cinfo);
  return 1;
}

/* NULL when there is no memory. */
sp_decoder *sp_decoder_new(sp_expired expired, void *context) {
  sp_decoder *d = (sp_decoder *)calloc(1, sizeof(sp_decoder));
  if (!d)
    return NULL;
  error_init(&d->err);
  d->cinfo.err = &d->err.mgr;
  d->expired = expired;
  d->context = context;
  if (!create(d)) {
    jpeg_destroy_decompress(&d->cinfo);
    free(d);
    return NULL;
  }
  d->cinfo.client_data = d;
  d->progress.progress_monitor = on_progress;
  d->cinfo.progress = &d->progress;
  return d;
}

void sp_decoder_free(sp_decoder *d) {
  if (!d)
    return;
  /* Frees memory only: it raises no error, and so needs no setjmp. */
  jpeg_destroy_decompress(&d->cinfo);
  free(d);
}

const char *sp_decoder_message(const sp_decoder *d) { return d->err.message; }

static JDIMENSION eighths_of(JDIMENSION side, int eighths) { return (JDIMENSION)(((uint64_t)side * (uint64_t)eighths + 7) / 8); }

/* Reads the head and starts decoding; a picture in several scans is read to its last scan here. `data` must live as
 * long as the decoder. `max_memory` bounds libjpeg's own buffers, bytes. `verifying` not 0: rows of YCbCr instead of
 * RGB, chroma samples repeated instead of interpolated, so that a block's mean is what its DC coefficient says.
 * `eighths`, 1 to 8: how large the picture comes out, by scaling the transform. */
int sp_decoder_start(sp_decoder *d, const uint8_t *data, size_t length, uint64_t max_memory, int max_scans, int verifying,
                     int eighths, sp_picture *picture) {
  j_decompress_ptr cinfo = &d->cinfo;
  int i, k;
  if (setjmp(d->err.jump))
    return d->err.code;
  if (length > (size_t)LONG_MAX)
    fail_text(&d->err, SP_UNSUPPORTED, "file too long");
  cinfo->mem->max_memory_to_use = max_memory > (uint64_t)LONG_MAX ? LONG_MAX : (long)max_memory;
  d->max_scans = max_scans;
  jpeg_mem_src(cinfo, data, (unsigned long)length);
  d->err.in_header = 1;
  jpeg_read_header(cinfo, TRUE);
  d->err.in_header = 0;
  if (cinfo->data_precision != 8)
    fail_text(&d->err, SP_UNSUPPORTED, "not 8 bits a sample");
  switch (cinfo->jpeg_color_space) {
  case JCS_GRAYSCALE:
    cinfo->out_color_space = JCS_GRAYSCALE;
    picture->space = SP_GREY;
    break;
  case JCS_YCbCr:
    cinfo->out_color_space = verifying ? JCS_YCbCr : JCS_RGB;
    picture->space = verifying ? SP_YCC : SP_RGB;
    break;
  case JCS_RGB:
    cinfo->out_color_space = JCS_RGB;
    picture->space = SP_RGB;
    break;
  case JCS_CMYK:
  case JCS_YCCK:
    cinfo->out_color_space = JCS_CMYK;
    picture->space = SP_CMYK;
    break;
  default:
    fail_text(&d->err, SP_UNSUPPORTED, "a colour space that JPEG does not define");
  }
  cinfo->dct_method = JDCT_ISLOW;
  cinfo->do_fancy_upsampling = verifying ? FALSE : TRUE;
  cinfo->do_block_smoothing = FALSE;
  cinfo->quantize_colors = FALSE;
  picture->width = cinfo->image_width;
  picture->height = cinfo->image_height;
  picture->adobe = cinfo->saw_Adobe_marker ? 1 : 0;
  cinfo->scale_num = (unsigned int)eighths;
  cinfo->scale_denom = 8;
  jpeg_start_decompress(cinfo);
  if (cinfo->output_width != eighths_of(cinfo->image_width, eighths) || cinfo->output_height != eighths_of(cinfo->image_height, eighths))
    fail_text(&d->err, SP_INTERNAL, "libjpeg scaled the picture to another size");
  picture->scaled_width = cinfo->output_width;
  picture->scaled_height = cinfo->output_height;
  if (jpeg_has_multiple_scans(cinfo)) {
    /* All scans have been read. A file cut between two of them raises no warning, yet lacks a component or detail. */
    for (i = 0; i < cinfo->num_components; i++)
      if (!d->seen[i])
        fail_text(&d->err, SP_TRUNCATED, "a colour component has no scan");
    if (cinfo->progressive_mode && cinfo->coef_bits)
      for (i = 0; i < cinfo->num_components; i++)
        for (k = 0; k < DCTSIZE2; k++)
          if (cinfo->coef_bits[i][k] != 0) /* -1: never sent; above 0: bits still to come */
            fail_text(&d->err, SP_TRUNCATED, "the last scans of a progressive picture are missing");
  }
  return SP_OK;
}

static void read_rows(sp_decoder *d, uint8_t *out, size_t stride, uint32_t rows) {
  j_decompress_ptr cinfo = &d->cinfo;
  JSAMPROW lines[16];
  uint32_t i, n;
  if (stride < (size_t)cinfo->output_width * (size_t)cinfo->output_components || rows > cinfo->output_height - cinfo->output_scanline)
    fail_text(&d->err, SP_INTERNAL, "rows asked for that are not there");
  while (rows > 0) {
    n = rows < 16 ? rows : 16;
    for (i = 0; i < n; i++)
      lines[i] = out + (size_t)i * stride;
    n = jpeg_read_scanlines(cinfo, lines, n);
    if (n == 0)
      fail_text(&d->err, SP_TRUNCATED, "no more rows");
    out += (size_t)n * stride;
    rows -= n;
  }
}

/* Exactly `rows` further rows, `stride` bytes apart. */
int sp_decoder_read(sp_decoder *d, uint8_t *out, size_t stride, uint32_t rows) {
  if (setjmp(d->err.jump))
    return d->err.code;
  read_rows(d, out, stride, rows);
  return SP_OK;
}

/* After the last row: reads to the end marker. `left`: bytes behind it. */
int sp_decoder_finish(sp_decoder *d, size_t *left) {
  if (setjmp(d->err.jump))
    return d->err.code;
  jpeg_finish_decompress(&d->cinfo);
  *left = d->cinfo.src->bytes_in_buffer;
  return SP_OK;
}

/* ------------------------------------------------------------------------------------------------ encoding */

typedef void (*sp_sink)(void *context, const uint8_t *data, size_t length);

typedef struct {
  struct jpeg_compress_struct cinfo;
  sp_error err;
  struct jpeg_destination_mgr dest;
  sp_sink sink;
  void *context;
  JOCTET buffer[16384];
} sp_encoder;

static void dest_init(j_compress_ptr cinfo) {
  sp_encoder *e = (sp_encoder *)cinfo->client_data;
  e->dest.next_output_byte = e->buffer;
  e->dest.free_in_buffer = sizeof(e->buffer);
}

static boolean dest_empty(j_compress_ptr cinfo) {
  sp_encoder *e = (sp_encoder *)cinfo->client_data;
  e->sink(e->context, e->buffer, sizeof(e->buffer));
  dest_init(cinfo);
  return TRUE;
}

static void dest_term(j_compress_ptr cinfo) {
  sp_encoder *e = (sp_encoder *)cinfo->client_data;
  e->sink(e->context, e->buffer, sizeof(e->buffer) - e->dest.free_in_buffer);
}

/* Encodes a picture of packed rows. `channels` 1 or 3; `h`, `v`: luma samples per chroma sample across and down, 1 or 2.
 * `message` takes at least 200 bytes (JMSG_LENGTH_MAX). */
int sp_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, int h, int v, int optimise,
              int progressive, sp_sink sink, void *context, char *message) {
  sp_encoder *e = (sp_encoder *)malloc(sizeof(sp_encoder));
  JSAMPROW lines[16];
  uint32_t i, n;
  size_t stride = (size_t)width * (size_t)channels;
  int code;
  if (!e) {
    strcpy(message, "no memory for the encoder");
    return SP_MEMORY;
  }
  memset(&e->cinfo, 0, sizeof(e->cinfo));
  error_init(&e->err);
  e->cinfo.err = &e->err.mgr;
  e->sink = sink;
  e->context = context;
  if (setjmp(e->err.jump)) {
    code = e->err.code;
    memcpy(message, e->err.message, JMSG_LENGTH_MAX);
    jpeg_destroy_compress(&e->cinfo);
    free(e);
    return code;
  }
  jpeg_create_compress(&e->cinfo);
  e->cinfo.client_data = e;
  e->dest.init_destination = dest_init;
  e->dest.empty_output_buffer = dest_empty;
  e->dest.term_destination = dest_term;
  e->cinfo.dest = &e->dest;
  e->cinfo.image_width = width;
  e->cinfo.image_height = height;
  e->cinfo.input_components = channels;
  e->cinfo.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&e->cinfo);
  jpeg_set_quality(&e->cinfo, quality, TRUE);
  e->cinfo.dct_method = JDCT_ISLOW;
  e->cinfo.optimize_coding = optimise ? TRUE : FALSE;
  if (channels == 3) {
    e->cinfo.comp_info[0].h_samp_factor = h;
    e->cinfo.comp_info[0].v_samp_factor = v;
    for (i = 1; i < 3; i++) {
      e->cinfo.comp_info[i].h_samp_factor = 1;
      e->cinfo.comp_info[i].v_samp_factor = 1;
    }
  }
  /* libjpeg's usual script of scans, and tables made for each of them. */
  if (progressive)
    jpeg_simple_progression(&e->cinfo);
  jpeg_start_compress(&e->cinfo, TRUE);
  while (e->cinfo.next_scanline < height) {
    n = height - e->cinfo.next_scanline;
    n = n < 16 ? n : 16;
    for (i = 0; i < n; i++)
      lines[i] = (JSAMPROW)(pixels + (size_t)(e->cinfo.next_scanline + i) * stride);
    jpeg_write_scanlines(&e->cinfo, lines, n);
  }
  jpeg_finish_compress(&e->cinfo);
  jpeg_destroy_compress(&e->cinfo);
  free(e);
  return SP_OK;
}

/* LIBJPEG_TURBO_VERSION_NUMBER of the headers this was compiled with, for example 3001000. */
int sp_version(void) { return LIBJPEG_TURBO_VERSION_NUMBER; }
