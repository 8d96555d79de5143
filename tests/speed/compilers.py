"""Compares the speed of training when different compilers build the library, running their programs alternately.

The table has medians; ± is half the distance between the quartiles. Below them: how fast each is as a
part of the fastest, each with the number of threads that serves it best.
"""

import argparse

from speed import Racer, heading, median, questions, race, spread


def main():
    parser = argparse.ArgumentParser(prog="./book speed --compilers", description=__doc__.split("\n\n")[0])
    parser.add_argument("racers", nargs="*", help=argparse.SUPPRESS)  # COMPILER=PROGRAM
    parser.add_argument("--rounds", type=int, default=5, help="how often to measure each number")
    parser.add_argument("--seconds", type=float, default=1.0, help="time for one measurement")
    parser.add_argument("--only-options", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rounds < 1 or not options.seconds > 0:
        parser.error(f"--rounds is {options.rounds} and --seconds is {options.seconds:g}, "
                     "expected at least 1 round and more than 0 seconds")
    if options.only_options:
        return

    racers = [Racer(name, [program]) for name, program in (racer.split("=") for racer in options.racers)]
    training = questions(options.seconds)["Training at batch 100, images/s"]
    answers = race(racers, options.rounds, training)
    heading("Training at batch 100, images/s")
    print(f"{'':<21}{'threads':>7}" + "".join(f"{racer.name:>17}" for racer in racers))
    for question, title, _ in training:
        for threads in (1, 2):
            row = f"{title if threads == 1 else '':<21}{threads:>7}"
            for racer in racers:
                rates = answers[question][racer.name][threads]
                row += f"{f'{median(rates):,.0f} ± {spread(rates):,.0f}':>17}"
            print(row)
        best = [max(median(rates) for rates in answers[question][racer.name].values()) for racer in racers]
        print(f"{'  of the fastest':<28}" + "".join(f"{rate / max(best):>17.2f}" for rate in best))


if __name__ == "__main__":
    main()
