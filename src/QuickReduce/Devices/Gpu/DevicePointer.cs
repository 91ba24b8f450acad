namespace QuickReduce;

/// <summary>
/// Address of elements in device memory that belongs to someone else, with their type: a tensor's data pointer.
/// </summary>
/// <typeparam name="T">Type of the elements.</typeparam>
/// <param name="Address">The address; divisible by the size of an element.</param>
public readonly record struct DevicePointer<T>(nint Address)
    where T : unmanaged;
