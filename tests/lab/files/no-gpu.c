/* Copyright (c) 2026 nogpu contributors
 * SPDX-License-Identifier: MIT
 *
 * Stands in for the GPU library that this build of Ollama insists on: it finds no device, and whoever asks for one all
 * the same gets the processor (device type 0). */
typedef struct device device;

void *ggml_backend_init_by_type(int type, const char *parameters);
device *ggml_backend_dev_by_type(int type);
void *ggml_backend_dev_buffer_type(device *device);

int ggml_backend_sycl_get_device_count(void) { return 0; }

void *ggml_backend_sycl_init(int number)
{
    (void)number;
    return ggml_backend_init_by_type(0, 0);
}

void *ggml_backend_sycl_buffer_type(int number)
{
    (void)number;
    return ggml_backend_dev_buffer_type(ggml_backend_dev_by_type(0));
}
