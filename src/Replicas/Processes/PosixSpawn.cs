using System.Runtime.InteropServices;
using System.Text;

namespace InterCluster.Replicas.Processes;

/// <summary>
/// posix_spawn: unlike <see cref="System.Diagnostics.Process"/> it can make the child the leader of a session of its own, so that the whole
/// group can be signalled, and can give it files instead of pipes, so that its output survives us.
/// </summary>
internal static unsafe partial class PosixSpawn
{
    // Larger than the opaque structures of glibc (336), musl (336) and macOS (a pointer).
    private const int OpaqueSize = 1024;

    /// <summary>Starts a program. Returns the pid, or null and why not.</summary>
    public static int? Start(
        string program, IReadOnlyList<string> argv, IEnumerable<string> environment, string folder, string stdout, string stderr, out string? failure)
    {
        byte* actions = stackalloc byte[OpaqueSize];
        byte* attributes = stackalloc byte[OpaqueSize];
        using var nativeArgv = new NativeStrings(argv);
        using var nativeEnvironment = new NativeStrings(environment);
        posix_spawn_file_actions_init(actions);
        posix_spawnattr_init(attributes);
        try
        {
            int error = Prepare(actions, attributes, folder, stdout, stderr);
            int pid = 0;
            error = error != 0 ? error : posix_spawn(&pid, program, actions, attributes, nativeArgv.Pointer, nativeEnvironment.Pointer);
            failure = error == 0 ? null : $"cannot run '{program}': {Marshal.GetPInvokeErrorMessage(error)}";
            return error == 0 ? pid : null;
        }
        finally
        {
            posix_spawnattr_destroy(attributes);
            posix_spawn_file_actions_destroy(actions);
        }
    }

    private static int Prepare(byte* actions, byte* attributes, string folder, string stdout, string stderr)
    {
        // The runtime ignores SIGPIPE and blocks nothing; a child would inherit the former.
        byte* all = stackalloc byte[128];
        byte* none = stackalloc byte[128];
        new Span<byte>(all, 128).Fill(0xff);
        new Span<byte>(none, 128).Clear();

        Span<int> results =
        [
            posix_spawnattr_setflags(attributes, (short)(Libc.SpawnSetSid | Libc.SpawnSetSignalDefaults | Libc.SpawnSetSignalMask)),
            posix_spawnattr_setsigdefault(attributes, all),
            posix_spawnattr_setsigmask(attributes, none),
            posix_spawn_file_actions_addopen(actions, 0, "/dev/null", Libc.OpenRead, 0),
            posix_spawn_file_actions_addopen(actions, 1, stdout, Libc.OpenAppend, 0),
            posix_spawn_file_actions_addopen(actions, 2, stderr, Libc.OpenAppend, 0),
            posix_spawn_file_actions_addchdir_np(actions, folder),
        ];
        foreach (int result in results)
        {
            if (result != 0)
            {
                return result;
            }
        }

        return 0;
    }

    /// <summary>A NULL-terminated array of NUL-terminated UTF-8 strings.</summary>
    private readonly ref struct NativeStrings
    {
        private readonly int _count;

        public NativeStrings(IEnumerable<string> strings)
        {
            string[] list = [.. strings];
            _count = list.Length;
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < _count; i++)
            {
                int length = Encoding.UTF8.GetByteCount(list[i]);
                Pointer[i] = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
                Encoding.UTF8.GetBytes(list[i], new Span<byte>(Pointer[i], length));
            }
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
            {
                NativeMemory.Free(Pointer[i]);
            }

            NativeMemory.Free(Pointer);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(int* pid, string path, byte* actions, byte* attributes, byte** argv, byte** environment);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int file, string path, int flags, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addchdir_np(byte* actions, string path);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);
}
