# Checks an example as a program: cmake -D PROGRAM=... -D EXAMPLE=name -D WORK=folder -P check.cmake
# A short run that is told to be quiet prints nothing and leaves all results; a wrong option ends it with status 2.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

execute_process(COMMAND ${PROGRAM} --epochs 2 --seed 3 --quiet --json results.json WORKING_DIRECTORY ${WORK}
                OUTPUT_VARIABLE output RESULT_VARIABLE status)
if(NOT status EQUAL 0 OR NOT output STREQUAL "")
    message(FATAL_ERROR "${EXAMPLE} --quiet ended with status ${status} and printed: ${output}")
endif()
file(READ ${WORK}/results.json results)
foreach(field IN ITEMS example seed epochs data train_samples test_samples parameters train_loss test_accuracy test_loss
                       seconds samples_per_second)
    string(JSON ${field} GET "${results}" ${field})
endforeach()
string(JSON losses LENGTH "${results}" train_loss)
if(NOT "${example} ${seed} ${epochs}" STREQUAL "${EXAMPLE} 3 2" OR losses LESS 1)
    message(FATAL_ERROR "results.json is not of this run: ${results}")
endif()
file(GLOB pictures ${WORK}/out/${EXAMPLE}_*.svg)
if(NOT pictures)
    message(FATAL_ERROR "${EXAMPLE} has drawn nothing into out/")
endif()

function(refuses option value message)
    execute_process(COMMAND ${PROGRAM} ${option} ${value} WORKING_DIRECTORY ${WORK}
                    OUTPUT_QUIET ERROR_VARIABLE said RESULT_VARIABLE status)
    if(NOT status EQUAL 2 OR NOT said STREQUAL "${message}\nRun with --help for the options.\n")
        message(FATAL_ERROR "${EXAMPLE} ${option} ${value} ended with status ${status} and said: ${said}")
    endif()
endfunction()
refuses(--epochs 0 "--epochs: '0' is no whole number from 1 on")
refuses(--batch-size 2.5 "--batch-size: '2.5' is no whole number from 1 on")
refuses(--seed -1 "--seed: '-1' is no whole number from 0 on")
refuses(--threads 257 "--threads: '257' is no whole number from 1 to 256")
refuses(--learning-rate fast "--learning-rate: 'fast' is no positive number")
refuses(--json "" "--json: a value is missing")
refuses(--colour red "The following arguments were not expected: red --colour")
