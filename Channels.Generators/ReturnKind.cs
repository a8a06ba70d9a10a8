namespace Channels.Generators;

/// <summary>What a handler returns.</summary>
internal enum ReturnKind
{
    /// <summary>Nothing.</summary>
    Void,

    /// <summary><c>System.Threading.Tasks.Task</c>.</summary>
    Task,

    /// <summary><c>System.Threading.Tasks.ValueTask</c>.</summary>
    ValueTask,

    /// <summary>What an answer consists of, without a task around it.</summary>
    Value,
}
