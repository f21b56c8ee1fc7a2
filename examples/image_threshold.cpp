// A gray picture split at a threshold: the document's 128 and its five types, Otsu's threshold, and dimmer light.
//
// Documents/001, section 4.3, shows OpenCV with these lines:
//
//     import cv2
//     # load the image
//     # binarize it
//     _, binary_image = cv2.threshold(image, 128, 255, cv2.THRESH_BINARY)
//     # show the result
//     cv2.imshow('Binary Image', binary_image)
//     cv2.waitKey(0)
//
// About that code:
//   - It does not run as printed: there is no code below "load the image", and `image` is never defined (NameError).
//     This program draws a picture, or reads one of your own, `--picture FILE`.
//   - `cv2.imread('x.png')`, the obvious line, returns three channels, and each is thresholded separately: the result
//     has eight colours, not two. `cv2.imread('x.png', cv2.IMREAD_GRAYSCALE)` is needed; if the file does not exist it
//     returns None, and the error comes from cv2.threshold. Here a picture is gray, and the error for an unreadable
//     file names it.
//   - `cv2.imshow` opens a window: it fails on a machine without a screen, and `waitKey(0)` waits for a key for ever.
//     Here pictures are written to files.
//   - `_` discards the threshold that was used. With a fixed threshold that is 128 again; with THRESH_OTSU it is the
//     result.
//   - 128 does not depend on the picture. It is half of white, as if the light were always the same: see the second
//     table.
//
// Results: in the drawn picture Otsu's threshold is 135, so close to 128 that the two differ in 0.9 % of the pixels,
// all of them on edges. At 0.6 of the light, 68 % of the pixels change sides with 128, at 0.3 all pixels that were
// white; Otsu's threshold follows the light to 81 and to 40, and all but 0.1 % stay. If the light falls from one side
// to the other, to 0.3, Otsu's threshold is nearly as bad as 128: 31 % and 39 %. Then no single threshold works for the
// whole picture.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <gradus/base/random.hpp>
#include <gradus/data/digits.hpp>
#include <gradus/images/pgm.hpp>
#include <gradus/images/threshold.hpp>
#include <gradus/plot/figure.hpp>
#include <gradus/plot/images.hpp>
#include <string>
#include <vector>

#include "options.hpp"

namespace gr = gradus;
using gr::data::threshold_type;

using image = gr::tensor<std::uint8_t, 2>;  // (H, W), 0 black to 255 white

// --- the picture -----------------------------------------------------------------------------------------------------
std::uint8_t gray(double v) { return static_cast<std::uint8_t>(std::lround(std::clamp(v, 0.0, 255.0))); }

/// A ramp through all grays, which shows the formula of each type; below it, paper with ten digits in ink and a ball,
/// lit from the upper left. Everything but the ramp has the noise of a camera.
image draw(std::uint64_t seed) {
    constexpr std::size_t height = 150, width = 220, ramp = 24, digit = 28;
    const double paper = 205, ink = 50, noise = 9;
    image x({height, width}, gray(paper));
    for (std::size_t d = 0; d < 10; ++d) {
        std::array<std::uint8_t, digit * digit> pen{};  // amount of ink
        gr::data::draw_digit(d, gr::random::mix(seed, d), pen.data());
        const std::size_t top = ramp + 10 + (d < 7 ? 0 : 44), left = 12 + digit * (d < 7 ? d : d - 7);
        for (std::size_t i = 0; i < pen.size(); ++i)
            x(top + i / digit, left + i % digit) = gray(paper + (ink - paper) * pen[i] / 255);
    }
    const double radius = 36, middle_x = 160, middle_y = 109;
    for (std::size_t r = 0; r < height; ++r)
        for (std::size_t c = 0; c < width; ++c) {
            const double u = (static_cast<double>(c) - middle_x) / radius, v = (static_cast<double>(r) - middle_y) / radius;
            const double inside = 1 - u * u - v * v;  // the ball's normal is (u, v, √inside); light is from (−1, −1, 1)
            if (inside > 0) x(r, c) = gray(25 + 225 * std::max(0.0, (std::sqrt(inside) - u - v) / std::sqrt(3)));
            x(r, c) = r < ramp ? gray(255.0 * static_cast<double>(c) / (width - 1))
                               : gray(x(r, c) + noise * gr::random::normal(seed, r, c));
        }
    return x;
}

/// x under another light, which changes linearly from `left` to `right`.
image lit(const image& x, double left, double right) {
    image out(x.shape());
    const std::size_t width = x.shape()[1];
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double part = static_cast<double>(i % width) / static_cast<double>(std::max<std::size_t>(1, width - 1));
        out.data()[i] = gray(x.data()[i] * (left + (right - left) * part));
    }
    return out;
}

// --- its grays -------------------------------------------------------------------------------------------------------
/// The share of each gray, (256).
std::vector<double> histogram(const image& x) {
    std::vector<double> h(256);
    for (std::uint8_t v : gr::flat(x)) h[v] += 1 / static_cast<double>(x.size());
    return h;
}

/// σ²(t) = q₀ q₁ (μ₀ − μ₁)²: the variance between the pixels up to t and those above it. Otsu's threshold maximizes it.
double between(const std::vector<double>& h, int t) {
    double q_0 = 0, q_1 = 0, sum_0 = 0, sum_1 = 0;
    for (int v = 0; v < 256; ++v) {
        const double share = h[static_cast<std::size_t>(v)];
        (v <= t ? q_0 : q_1) += share, (v <= t ? sum_0 : sum_1) += share * v;
    }
    return q_0 > 0 && q_1 > 0 ? q_0 * q_1 * std::pow(sum_0 / q_0 - sum_1 / q_1, 2) : 0;
}

double variance(const std::vector<double>& h) {
    double mean = 0, square = 0;
    for (std::size_t v = 0; v < 256; ++v) mean += h[v] * static_cast<double>(v), square += h[v] * static_cast<double>(v * v);
    return square - mean * mean;
}

double share_of(const image& x, std::uint8_t value) {
    return static_cast<double>(std::count(x.data(), x.data() + x.size(), value)) / static_cast<double>(x.size());
}

double mean(const image& x) {
    double sum = 0;
    for (std::uint8_t v : gr::flat(x)) sum += v;
    return sum / static_cast<double>(x.size());
}

/// The share of pixels in which two pictures differ.
double difference(const image& a, const image& b) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < a.size(); ++i) n += a.data()[i] != b.data()[i];
    return static_cast<double>(n) / static_cast<double>(a.size());
}

// --- pictures --------------------------------------------------------------------------------------------------------
/// Pictures of one size side by side; large ones are reduced to every k-th pixel.
void show(const std::string& path, const std::vector<image>& all, gr::plot::image_grid how) {
    const std::size_t height = all[0].shape()[0], width = all[0].shape()[1], k = (std::max(height, width) + 399) / 400;
    gr::tensor<std::uint8_t, 3> x({all.size(), (height + k - 1) / k, (width + k - 1) / k});
    for (std::size_t n = 0; n < all.size(); ++n)
        for (std::size_t r = 0; r < x.shape()[1]; ++r)
            for (std::size_t c = 0; c < x.shape()[2]; ++c) x(n, r, c) = all[n](r * k, c * k);
    gr::plot::images(x, std::move(how)).save(path);
}

int main(int argc, char** argv) try {
    example::options o;
    std::size_t at = 128;
    std::string file;
    o.parse(argc, argv, "A gray picture cut in two: all threshold types side by side, and Otsu's threshold.",
            {{"--threshold", at, 0, 255, "What is compared with each pixel"}},
            {"--data", "--epochs", "--batch-size", "--learning-rate", "--threads"},
            {{"--picture", file, {}, "A gray picture of your own, PGM (default: one that is drawn here)"}});
    const auto begin = std::chrono::steady_clock::now();
    const image x = file.empty() ? draw(o.seed) : gr::data::read_pgm(file);
    const auto h = histogram(x);
    const int otsu = gr::data::otsu(x), t = static_cast<int>(at);
    const std::string name = file.empty() ? "drawn here" : file;
    o.say("The picture (%s): %zu x %zu pixels, gray %.1f in the mean\n", name.c_str(), x.shape()[0], x.shape()[1], mean(x));
    o.say("Otsu's threshold: %d, where σ² between the two sides is %.0f, %.1f %% of all variance; at %d it is %.0f\n\n",
          otsu, between(h, otsu), 100 * between(h, otsu) / std::max(variance(h), 1e-12), t, between(h, t));

    // --- 1. the types ------------------------------------------------------------------------------------------------
    struct kind {
        threshold_type type;
        const char *name, *formula, *title;
    };
    const std::array kinds{kind{threshold_type::binary, "binary", "255 if x > t, else 0", "255 above t"},
                           kind{threshold_type::binary_inv, "binary_inv", "0 if x > t, else 255", "0 above t"},
                           kind{threshold_type::trunc, "trunc", "t if x > t, else x", "t above t"},
                           kind{threshold_type::tozero, "tozero", "x if x > t, else 0", "x above t"},
                           kind{threshold_type::tozero_inv, "tozero_inv", "0 if x > t, else x", "x up to t"}};
    std::vector<image> shown{x};
    std::vector<std::string> titles{"the picture"};
    o.say("  white     black   mean gray   t     type         y\n");
    const auto row = [&](int cut, const char* what, const char* formula, const image& y) {
        o.say("%6.2f %%  %6.2f %%  %9.1f   %3d   %-10s   %s\n", 100 * share_of(y, 255), 100 * share_of(y, 0), mean(y),
              cut, what, formula);
    };
    for (const kind& k : kinds) {
        shown.push_back(gr::data::threshold(x, t, 255, k.type));
        titles.push_back(std::string(k.name) + ": " + k.title);
        row(t, k.name, k.formula, shown.back());
    }
    const image cut = gr::data::threshold(x, otsu);  // THRESH_BINARY + THRESH_OTSU
    row(otsu, "binary", "with Otsu's t", cut);
    shown.push_back(cut), titles.push_back("binary, Otsu's t = " + std::to_string(otsu));
    show(o.picture("image_threshold_types.svg"), shown,
         {.title = "Thresholds of one picture, t = " + std::to_string(t), .columns = 3, .titles = titles});

    // --- 2. another light --------------------------------------------------------------------------------------------
    // A pixel is light times reflectance, and only the latter is of interest. In uniform light, Otsu's threshold falls
    // with the light. If the light is not uniform, no single threshold works.
    struct light {
        double left, right;
        const char* name;
    };
    std::vector<double> changed, changed_otsu;
    shown.clear(), titles.clear();
    o.say("\n   pixels on another side than with\n   Otsu's threshold in full light\n");
    o.say("  t = %3d    Otsu's, at   light\n", t);
    for (const light& l : {light{1, 1, "full"}, light{0.6, 0.6, "0.6"}, light{0.3, 0.3, "0.3"},
                           light{1, 0.3, "full to 0.3, left to right"}}) {
        const image seen = lit(x, l.left, l.right);
        const int found = gr::data::otsu(seen);
        const image fixed = gr::data::threshold(seen, t), best = gr::data::threshold(seen, found);
        changed.push_back(difference(fixed, cut)), changed_otsu.push_back(difference(best, cut));
        o.say("%7.2f %%   %7.2f %%  %3d   %s\n", 100 * changed.back(), 100 * changed_otsu.back(), found, l.name);
        shown.insert(shown.end(), {seen, fixed, best});
        titles.insert(titles.end(), {std::string("light: ") + l.name, "t = " + std::to_string(t),
                                     "Otsu's t = " + std::to_string(found)});
    }
    show(o.picture("image_threshold_light.svg"), shown,
         {.title = "One threshold, several lights", .columns = 3, .titles = titles});

    // --- 3. where the threshold lies ---------------------------------------------------------------------------------
    std::vector<double> grays, shares, apart;
    for (int v = 0; v < 256; ++v) {
        grays.push_back(v), apart.push_back(between(h, v));
        shares.push_back(100 * h[static_cast<std::size_t>(v)]);
    }
    const auto marked = [&](const char* title, const char* y, const char* what, const std::vector<double>& values) {
        const double top = *std::max_element(values.begin(), values.end());
        const auto upright = [&](int v) { return std::vector<double>{static_cast<double>(v), static_cast<double>(v)}; };
        return gr::plot::figure(title, {.x = "gray", .y = y})
            .line(what, grays, values)
            .line("t = " + std::to_string(t), upright(t), std::vector{0.0, top})
            .line("Otsu's t = " + std::to_string(otsu), upright(otsu), std::vector{0.0, top});
    };
    marked("Histogram", "pixels of that gray, %", "the picture", shares).save(o.picture("image_threshold_histogram.svg"));
    marked("Otsu's criterion", "σ² between the two sides", "σ²(t)", apart).save(o.picture("image_threshold_between.svg"));
    o.say("\nPictures: %s\n", o.picture("image_threshold_*.svg").c_str());

    example::write_json(o, {{"example", "image_threshold"},
                            {"seed", o.seed},
                            {"data", file.empty() ? std::string("drawn") : file},
                            {"pixels", x.size()},
                            {"threshold", at},
                            {"otsu", static_cast<std::uint64_t>(otsu)},
                            {"variance", variance(h)},
                            {"variance_between", between(h, t)},
                            {"variance_between_otsu", between(h, otsu)},
                            {"white", share_of(gr::data::threshold(x, t), 255)},
                            {"white_otsu", share_of(cut, 255)},
                            {"changed_by_light", changed},
                            {"changed_by_light_otsu", changed_otsu},
                            {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()}});
} catch (const gr::error& e) {
    std::fprintf(stderr, "image_threshold: %s\n", e.what());
    return 1;
}
