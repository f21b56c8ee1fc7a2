// Draws a figure: plot FILE.svg < description. Fields of a line are separated by tabs; x and y alternate.
//   figure   title   name of x   name of y   logarithmic axes: "", "x", "y" or "xy"
//   line     name    x y x y ...
//   scatter  name    x y x y ...
#include <fstream>
#include <gradus/plot/figure.hpp>
#include <iostream>
#include <sstream>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 2) return std::cerr << "plot FILE.svg < description\n", 2;
    std::string line, word;
    gradus::plot::figure picture("");
    while (std::getline(std::cin, line)) {
        std::vector<std::string> field;
        for (std::istringstream words(line); std::getline(words, word, '\t');) field.push_back(word);
        if (field.at(0) == "figure") {
            const std::string log = field.size() > 4 ? field[4] : "";
            picture = gradus::plot::figure(field.at(1), {.x = field.at(2),
                                                         .y = field.at(3),
                                                         .log_x = log.find('x') != log.npos,
                                                         .log_y = log.find('y') != log.npos});
            continue;
        }
        std::vector<double> x, y;
        for (std::size_t i = 2; i + 1 < field.size(); i += 2) x.push_back(std::stod(field[i])), y.push_back(std::stod(field[i + 1]));
        if (field[0] == "line") picture.line(field[1], x, y);
        if (field[0] == "scatter") picture.scatter(field[1], x, y);
    }
    picture.save(argv[1]);
}
