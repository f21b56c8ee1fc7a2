# cmake -D WAY=... -D BLAS=ON|OFF -D USES_BLAS=0|1 -D CHECKOUT=... -D WORK=... -D CXX=... -D GENERATOR=...
#       [-D COMPILED=ON] -P test.cmake
# Builds and runs the consumer from nothing, in the folder WORK; with COMPILED also the one that has the compiled unit.
file(REMOVE_RECURSE ${WORK})
set(common -G ${GENERATOR} -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_BUILD_TYPE=Release -D GRADUS_BLAS=${BLAS})
set(at)
if(WAY STREQUAL "find_package")
    set(alone -D GRADUS_TESTS=OFF -D GRADUS_EXAMPLES=OFF -D GRADUS_BENCH=OFF)
    execute_process(COMMAND ${CMAKE_COMMAND} -S ${CHECKOUT} -B ${WORK}/gradus ${common} ${alone}
                            -D CMAKE_INSTALL_PREFIX=${WORK}/at
                    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${WORK}/gradus OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    set(at -D CMAKE_PREFIX_PATH=${WORK}/at)
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CHECKOUT}/tests/consumer -B ${WORK}/build ${common} ${at} -D WAY=${WAY}
                        -D GRADUS_CHECKOUT=${CHECKOUT} -D CMAKE_CXX_FLAGS_RELEASE=-O1
                        -D GRADUS_PRECOMPILE=ON -D CMAKE_CXX_FLAGS=-Werror=invalid-pch -D CMAKE_EXPORT_COMPILE_COMMANDS=ON
                OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
function(expect program compiled)
    execute_process(COMMAND ${WORK}/build/${program} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
    set(expected "GRADUS_USE_BLAS=${USES_BLAS} compiled=${compiled} x (2, 3)\n")
    if(NOT output STREQUAL expected)
        message(FATAL_ERROR "${program} printed\n${output}in place of\n${expected}")
    endif()
endfunction()
expect(consumer 0)
file(GLOB_RECURSE objects ${WORK}/build/*.o)
list(FILTER objects INCLUDE REGEX "gradus_compiled\\.dir")
if(objects)
    message(FATAL_ERROR "The compiled unit is built though nothing links it: ${objects}")
endif()
if(COMPILED)
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build --target consumer_compiled --parallel 2
                    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    expect(consumer_compiled 1)
    file(GLOB precompiled ${WORK}/build/CMakeFiles/consumer_compiled.dir/*.gch)
    if(NOT precompiled)
        message(FATAL_ERROR "gradus.hpp is not precompiled, though GRADUS_PRECOMPILE asks for it")
    endif()
endif()
file(READ ${WORK}/build/compile_commands.json commands)
if(commands MATCHES "-march|-Werror |-Wall")
    message(FATAL_ERROR "The consumer is compiled with our own flags: ${commands}")
endif()
# A part of another project is not installed with it.
if(NOT WAY STREQUAL "find_package")
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${WORK}/build --prefix ${WORK}/of_consumer
                    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB_RECURSE installed ${WORK}/of_consumer/*gradus*)
    if(installed)
        message(FATAL_ERROR "The consumer installs gradus, which it only uses: ${installed}")
    endif()
endif()
# What is installed must not point back at the checkout.
if(WAY STREQUAL "find_package" AND commands MATCHES "-I *${CHECKOUT}/include|-isystem *${CHECKOUT}/include")
    message(FATAL_ERROR "The consumer of an installed gradus includes the checkout's headers: ${commands}")
endif()
